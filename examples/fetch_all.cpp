// The program of README.md: a hundred URLs, ten at a time, errors kept as values. Beneath an address of its
// command line, else example.org.
#include <skein/skein.hpp>

#include <iostream>

skein::task<std::string> fetch(skein::client_session& session, std::string url) {
    co_return co_await (co_await session.get(url).raise_for_status()).text();
}

skein::task<> fetch_all(std::string base) {
    skein::client_session session;
    std::vector<skein::task<std::string>> jobs;
    for (int i = 0; i < 100; ++i) jobs.push_back(fetch(session, base + std::to_string(i)));
    for (auto& page : co_await skein::settle(std::move(jobs), 10))
        std::cout << (page ? page.value().size() : 0) << ' ';
}

int main(int argc, char** argv) {
    skein::run(fetch_all(argc > 1 ? argv[1] : "https://example.org/"));
}
