// The cost of the task runtime: await, spawn and await, gather, yield, sleep, and the memory of a suspended
// task. Usage: runtime [N]. Prints one JSON line: nanoseconds per operation; mem_task in bytes.
#include <skein/skein.hpp>

#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace std::chrono_literals;

namespace {

long operations = 1'000'000;

double resident_bytes() {
    long size = 0;
    long resident = 0;
    std::FILE* f = std::fopen("/proc/self/statm", "r");
    if (f == nullptr || std::fscanf(f, "%ld %ld", &size, &resident) != 2) std::abort();
    std::fclose(f);
    return static_cast<double>(resident) * 4096;
}

class stopwatch {
public:
    double ns_per(long n) const {
        const std::chrono::duration<double, std::nano> elapsed = skein::clock::now() - start_;
        return elapsed.count() / static_cast<double>(n);
    }

private:
    skein::clock::time_point start_ = skein::clock::now();
};

[[gnu::noinline]] skein::task<long> trivial(long x) {
    co_return x + 1;
}

skein::task<> wait_on(skein::future<>& go) {
    co_await go;
}

skein::task<double> memory_of_a_suspended_task() {
    constexpr long tasks = 100'000;
    skein::promise<> promise;
    auto go = promise.get_future();
    const double before = resident_bytes();
    for (long i = 0; i < tasks; ++i) skein::create_task(wait_on(go));
    co_await skein::yield();
    const double after = resident_bytes();
    promise.set_value();
    co_await skein::yield();
    co_return (after - before) / tasks;
}

skein::task<> yield_often(long times) {
    for (long i = 0; i < times; ++i) co_await skein::yield();
}

skein::task<> nap() {
    co_await skein::sleep(1ms);
}

skein::task<> measure() {
    long sum = 0;
    const double mem = co_await memory_of_a_suspended_task();

    stopwatch await_watch;
    for (long i = 0; i < operations; ++i) sum += co_await trivial(i);
    const double await_ns = await_watch.ns_per(operations);

    stopwatch spawn_watch;
    for (long i = 0; i < operations; ++i) sum += co_await skein::create_task(trivial(i));
    const double spawn_ns = spawn_watch.ns_per(operations);

    stopwatch gather_watch;
    std::vector<skein::task<long>> tasks;
    tasks.reserve(static_cast<std::size_t>(operations));
    for (long i = 0; i < operations; ++i) tasks.push_back(trivial(i));
    for (long value : co_await skein::gather(std::move(tasks))) sum += value;
    const double gather_ns = gather_watch.ns_per(operations);

    stopwatch yield_watch;
    co_await skein::gather(yield_often(operations / 2), yield_often(operations / 2));
    const double yield_ns = yield_watch.ns_per(operations);

    stopwatch sleep_watch;
    std::vector<skein::task<>> naps;
    naps.reserve(static_cast<std::size_t>(operations));
    for (long i = 0; i < operations; ++i) naps.push_back(nap());
    co_await skein::gather(std::move(naps));
    const double sleep_ns = sleep_watch.ns_per(operations);

    std::printf(
        "{\"await\":%.1f,\"spawn_await\":%.1f,\"gather\":%.1f,\"yield\":%.1f,\"sleep\":%.1f,\"mem_task\":%."
        "0f,"
        "\"check\":%ld}\n",
        await_ns, spawn_ns, gather_ns, yield_ns, sleep_ns, mem, sum % 7);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1) operations = std::atol(argv[1]);
    skein::run(measure());
}
