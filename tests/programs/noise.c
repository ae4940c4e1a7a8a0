/* noise: writes so many bytes that look random and are always the same.
 * Used by tests/qemu as input for gzip, sort and sha256sum; argument: bytes, and "text" for lines of words.
 * Never reads anything. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint32_t state = 123456789;

static uint32_t next(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

int main(int argc, char **argv)
{
	static char buffer[4096];
	unsigned long left = argc > 1 ? strtoul(argv[1], NULL, 0) : 0;
	int text = argc > 2 && !strcmp(argv[2], "text");

	while (left) {
		size_t n = left < sizeof buffer ? left : sizeof buffer;

		for (size_t i = 0; i < n; i++) {
			uint32_t r = next() >> 7;
			buffer[i] = (char)(text ? (r % 9 ? 'a' + r % 26 : '\n') : r & 63);
		}
		if (text && left == n)
			buffer[n - 1] = '\n';
		for (size_t done = 0; done < n;) {
			ssize_t w = write(1, buffer + done, n - done);
			if (w <= 0)
				return 1;
			done += (size_t)w;
		}
		left -= n;
	}
	return 0;
}
