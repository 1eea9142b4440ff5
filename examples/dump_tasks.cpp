// Who awaits whom: a program that looks at itself while it waits, and prints its tasks as a tree.
#include <skein/skein.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

skein::task<> read_sensor() {
    co_await skein::sleep(1h);
}

skein::task<> poll_sensors() {
    skein::this_task::set_name("sensors");
    co_await skein::wait_for(read_sensor(), 2h);
}

skein::task<> report(skein::future<> of) {
    co_await of;
}

skein::task<> look() {
    co_await skein::sleep(100ms);
    std::cout << skein::dump_tasks();
}

skein::task<> main_task() {
    auto upload = skein::create_task(skein::sleep(1h), "upload");
    auto waiting = skein::create_task(report(upload), "report");
    auto polling = skein::create_task(poll_sensors());
    co_await look();
}

int main() {
    skein::run(main_task());
}
