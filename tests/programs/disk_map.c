/* disk_map.c FILE: writes a file through a shared mapping, holes first, and says when msync(2) has it on the disk.
 * Called by: tests/qemu/test_disk.py, which then cuts the power.
 * Never: writes the file in another way.  */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BYTES 300000

int main(int argc, char **argv)
{
	struct stat st;

	if (argc != 2) return 2;
	int fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || ftruncate(fd, BYTES)) return 1;
	unsigned char *p = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) return 1;
	for (int i = 0; i < BYTES; i++)
		if (i / 5000 % 3) p[i] = (unsigned char)(i * 7 + i / 256);
	if (msync(p, BYTES, MS_SYNC)) return 1;
	for (int i = 0; i < BYTES; i += 4096) p[i] ^= 0x55; /* once more through the same mapping: it must be noticed */
	if (msync(p, BYTES, MS_SYNC) || fstat(fd, &st)) return 1;
	printf("synced %ld\n", (long)st.st_size);
	fflush(stdout);
	pause();
	return 0;
}
