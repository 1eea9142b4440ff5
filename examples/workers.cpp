// Four workers share the jobs of a queue: twenty jobs of 0.1 s in about 0.5 s. The queue holds two at most,
// so the producer is never far ahead.
#include <skein/skein.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

skein::task<int> work_off(skein::queue<int>& jobs) {
    int done = 0;
    while (const auto job = co_await jobs.next()) {
        co_await skein::sleep(100ms);
        ++done;
    }
    co_return done;  // the queue was shut down, and is empty
}

skein::task<> produce(skein::queue<int>& jobs) {
    for (int job = 0; job < 20; ++job) co_await jobs.put(job);
    jobs.shutdown();
}

skein::task<> produce_and_work() {
    const auto start = skein::clock::now();
    skein::queue<int> jobs(2);
    const auto [_, a, b, c, d] =
        co_await skein::gather(produce(jobs), work_off(jobs), work_off(jobs), work_off(jobs), work_off(jobs));
    const std::chrono::duration<double> elapsed = skein::clock::now() - start;
    std::cout << a + b + c + d << " jobs in " << elapsed.count() << " seconds" << std::endl;
}

int main() {
    skein::run(produce_and_work());
}
