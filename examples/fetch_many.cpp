// Fetches the URLs of its command line twice, one after another and all at once, and says how long each took.
#include <skein/skein.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace {

skein::task<std::size_t> fetch(skein::client_session& session, std::string url) {
    auto response = co_await session.get(url).raise_for_status();
    const std::string body = co_await response.text();
    co_return body.size();
}

void tell(const char* how, std::size_t bytes, skein::clock::time_point began) {
    const double seconds = std::chrono::duration<double>(skein::clock::now() - began).count();
    std::printf("%-19s %zu bytes in %.3f s\n", how, bytes, seconds);
}

skein::task<> compare(std::vector<std::string> urls) {
    skein::client_session session;
    auto began = skein::clock::now();
    std::size_t bytes = 0;
    for (const auto& url : urls) bytes += co_await fetch(session, url);
    tell("one after another:", bytes, began);

    began = skein::clock::now();
    std::vector<skein::task<std::size_t>> jobs;
    for (const auto& url : urls) jobs.push_back(fetch(session, url));
    bytes = 0;
    for (const std::size_t size : co_await skein::gather(std::move(jobs))) bytes += size;
    tell("all at once:", bytes, began);
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> urls(argv + 1, argv + argc);
    if (urls.empty()) {
        std::fputs("usage: fetch_many URL...\n", stderr);
        return 2;
    }
    try {
        skein::run(compare(urls));
    } catch (const skein::error& error) {
        std::fprintf(stderr, "fetch_many: %s\n", error.what());
        return 1;
    }
}
