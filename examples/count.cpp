// Three counters at once: One One One Two Two Two, in about 1 s. One after the other they would take 3 s.
#include <skein/skein.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

skein::task<> count() {
    std::cout << "One" << std::endl;
    co_await skein::sleep(1s);
    std::cout << "Two" << std::endl;
}

skein::task<> count_three_times() {
    const auto start = skein::clock::now();
    co_await skein::gather(count(), count(), count());
    const std::chrono::duration<double> elapsed = skein::clock::now() - start;
    std::cout << "executed in " << elapsed.count() << " seconds" << std::endl;
}

int main() {
    skein::run(count_three_times());
}
