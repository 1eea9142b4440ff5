// Load: TOTAL GETs of one URL, CONC at a time, over a keep-alive pool.
// Usage: http_load URL TOTAL CONC [--close] [--resume] [--cacert FILE]. Prints one JSON line.
#include <skein/skein.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr std::uint64_t streamed_from_bytes = 1 << 20;

struct load {
    std::string url;
    long total = 0;
    long concurrency = 0;
    long started = 0;
    long ok = 0;
    long failed = 0;
    std::uint64_t bytes = 0;
};

skein::task<std::uint64_t> read_and_drop(skein::client_response& response) {
    std::uint64_t size = 0;
    if (response.content_length().value_or(streamed_from_bytes) < streamed_from_bytes) {
        const auto body = co_await response.read();
        co_return body.size();
    }
    while (auto piece = co_await response.chunk()) size += piece->size();
    co_return size;
}

skein::task<> worker(skein::client_session& session, load& l) {
    while (l.started < l.total) {
        ++l.started;
        try {
            auto response = co_await session.get(l.url);
            l.bytes += co_await read_and_drop(response);
            ++(response.status() == 200 ? l.ok : l.failed);
        } catch (const skein::error& e) {
            if (++l.failed <= 3) std::fprintf(stderr, "%s\n", e.what());
        }
    }
}

skein::task<> run_load(skein::session_options options, load& l) {
    skein::client_session session(std::move(options));
    std::vector<skein::task<>> workers;
    for (long i = 0; i < l.concurrency; ++i) workers.push_back(worker(session, l));
    co_await skein::gather(std::move(workers));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        std::fprintf(stderr, "usage: %s URL TOTAL CONC [--close] [--resume] [--cacert FILE]\n", argv[0]);
        return 2;
    }
    load l;
    l.url = argv[1];
    l.total = std::atol(argv[2]);
    l.concurrency = std::min(std::atol(argv[3]), l.total);
    skein::session_options options;
    options.connector.limit = static_cast<std::size_t>(l.concurrency);
    options.tls.resumption(false);
    for (int i = 4; i < argc; ++i) {
        if (std::strcmp(argv[i], "--close") == 0)
            options.connector.force_close = true;
        else if (std::strcmp(argv[i], "--cacert") == 0 && i + 1 < argc)
            options.tls.ca_file(argv[++i]);
        else if (std::strcmp(argv[i], "--resume") == 0)
            options.tls.resumption(true);
        else
            return 2;
    }
    const auto start = skein::clock::now();
    skein::run(run_load(std::move(options), l));
    const double wall = std::chrono::duration<double>(skein::clock::now() - start).count();
    std::printf("{\"ok\":%ld,\"err\":%ld,\"bytes\":%llu,\"wall\":%.6f,\"rps\":%.1f}\n", l.ok, l.failed,
                static_cast<unsigned long long>(l.bytes), wall, static_cast<double>(l.ok) / wall);
    return l.failed == 0 ? 0 : 1;
}
