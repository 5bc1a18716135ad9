/* Loaded before the real lpass, so that it asks the double of its server; for nothing else, and never the real one. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { URL = 10002 }; /* CURLOPT_URL */

__attribute__((constructor)) static void checked(void)
{
	const char *base = getenv("LPASS_TEST_BASE");
	if (!base || strncmp(base, "http://127.0.0.1:", 17)) {
		fputs("LPASS_TEST_BASE is no address on this machine\n", stderr);
		abort();
	}
}

int curl_easy_setopt(void *curl, int option, ...)
{
	static int (*real)(void *, int, ...);
	char address[4096];
	va_list rest;
	void *given;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "curl_easy_setopt");
	va_start(rest, option);
	given = va_arg(rest, void *);
	va_end(rest);
	if (option == URL) {
		const char *path = strchr(strstr(given, "://") + 3, '/');
		snprintf(address, sizeof address, "%s%s", getenv("LPASS_TEST_BASE"), path);
		given = address;
	}
	return real(curl, option, given);
}

/* Its waits are between tries of an upload, and for an upload to end. */
static void wait_little(void)
{
	struct timespec little = { .tv_nsec = 5000000 };
	nanosleep(&little, NULL);
}

unsigned int sleep(unsigned int seconds)
{
	(void)seconds;
	wait_little();
	return 0;
}

int usleep(unsigned int microseconds)
{
	(void)microseconds;
	wait_little();
	return 0;
}
