// The same as say_something with gather: no task handles, and both have ended when it returns. 2 s, not 3.
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
    const auto start = skein::clock::now();
    std::cout << "started" << std::endl;
    co_await skein::gather(say_after(1s, "hello"), say_after(2s, "world"));
    const std::chrono::duration<double> elapsed = skein::clock::now() - start;
    std::cout << "finished after " << elapsed.count() << " seconds" << std::endl;
}

int main() {
    skein::run(say_something());
}
