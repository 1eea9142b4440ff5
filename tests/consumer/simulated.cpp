// A user's test: the program runs in a simulation, against a server that is a coroutine.
#include <skein/skein.hpp>
#include <skein/testing.hpp>

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;

skein::task<std::string> fetch_after_hours() {
    co_await skein::sleep(2h);
    skein::client_session session;
    auto response = co_await session.get("http://example.test/");
    co_return co_await response.text();
}

skein::task<> scenario() {
    skein::testing::this_network().listen(
        "example.test", 80,
        skein::testing::always_answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
    const std::string text = co_await fetch_after_hours();
    if (text != "hello") throw std::runtime_error("not what the server said: " + text);
}

int main() {
    skein::testing::run(scenario);
    const auto hours = std::chrono::duration_cast<std::chrono::hours>(skein::testing::elapsed()).count();
    const auto waits = skein::testing::for_each_wait(scenario);
    std::cout << hours << ' ' << (waits > 20) << '\n';
}
