// asyncio's hello world, twice at once: both say hello, wait for a second, and finish. About 1 s.
#include <skein/skein.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

skein::task<> hello_world() {
    std::cout << "hello ..." << std::endl;
    co_await skein::sleep(1s);
    std::cout << "... world!" << std::endl;
}

skein::task<> hello_twice() {
    co_await skein::gather(hello_world(), hello_world());
}

int main() {
    skein::run(hello_twice());
}
