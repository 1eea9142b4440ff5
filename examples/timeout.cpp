// A time limit on something that takes too long: 400 s of sleep are cut off after 1 s.
#include <skein/skein.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

skein::task<> too_long() {
    try {
        co_await skein::wait_for(skein::sleep(400s), 1s);
    } catch (const skein::timeout_error& error) {
        std::cout << "timeout!\n" << error.what() << std::endl;
    }
}

int main() {
    skein::run(too_long());
}
