// Two tasks that run concurrently from the moment they are created: together 2 s, not 3.
#include <skein/skein.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

skein::task<> say_after(std::chrono::milliseconds delay, std::string what) {
    co_await skein::sleep(delay);
    std::cout << what << std::endl;
}

skein::task<> say_something() {
    auto hello = skein::create_task(say_after(1s, "hello"));
    auto world = skein::create_task(say_after(2s, "world"));

    const auto start = skein::clock::now();
    std::cout << "started" << std::endl;
    co_await hello;
    co_await world;
    const std::chrono::duration<double> elapsed = skein::clock::now() - start;
    std::cout << "finished after " << elapsed.count() << " seconds" << std::endl;
}

int main() {
    skein::run(say_something());
}
