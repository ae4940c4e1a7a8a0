/* hello: the smallest program with a libc.
 * Built with glibc and musl; expected output "hello 1".
 * Never does anything else. */
#include <stdio.h>

int main(int argc, char **argv)
{
	(void)argv;
	printf("hello %d\n", argc);
	return 0;
}
