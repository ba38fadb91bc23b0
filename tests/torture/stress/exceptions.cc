/* exceptions.cc: 4 threads throw and catch 20,000 exceptions each, while another thread opens and closes a library. */
// stress: .processes[0].summary | .direct.blocks + .cycle.blocks + .indirect.blocks == 0
#include "stress.h"

#include <atomic>
#include <dlfcn.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static std::atomic<int> caught;

__attribute__((noinline)) static void fail(int depth, int i)
{
	std::string local(40 + i % 40, 'x');
	if (depth == 0)
		throw std::runtime_error(local);
	fail(depth - 1, i);
	local += 'y';
}

static void work()
{
	for (int i = 0; i < 20000; i++)
		try {
			fail(i % 20, i);
		} catch (const std::exception &e) {
			caught += e.what()[0] == 'x';
		}
}

int main()
{
	std::vector<std::thread> threads;

	for (int i = 0; i < 4; i++)
		threads.emplace_back(work);
	while (caught < 80000)
		if (void *library = dlopen("libresolv.so.2", RTLD_NOW))
			dlclose(library);
	for (auto &thread : threads)
		thread.join();
	return caught != 80000;
}
