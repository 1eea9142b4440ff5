// The program of README.md: a hundred URLs, ten at a time, errors kept as values. Beneath an address of its
// command line, else example.org.
#include <skein/skein.hpp>

#include <iostream>
#include <string>
#include <vector>

using namespace std::chrono_literals;

skein::task<std::string> fetch(skein::client_session& session, std::string url) {
    auto response = co_await session.get(url).timeout(5s).raise_for_status();
    co_return co_await response.text();
}

skein::task<> fetch_all(std::string base) {
    skein::client_session session;
    std::vector<skein::task<std::string>> jobs;
    for (int i = 0; i < 100; ++i) jobs.push_back(fetch(session, base + std::to_string(i)));
    std::size_t good = 0;
    for (auto& result : co_await skein::settle(std::move(jobs), 10)) good += result ? 1 : 0;
    std::cout << good << " of 100\n";
}

int main(int argc, char** argv) {
    skein::run(fetch_all(argc > 1 ? argv[1] : "https://example.org/"));
}
