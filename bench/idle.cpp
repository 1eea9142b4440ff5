// What an idle connection costs: opens N at once, lets them all go idle, and says what each has taken.
// Usage: idle URL N [--cacert FILE]. Prints one JSON line.
#include <skein/skein.hpp>

#include <malloc.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace {

/// Of the heap, what is in use; and of the process, what is in memory. Bytes.
struct memory {
    double heap;
    double resident;
};

memory measure() {
    const auto heap = mallinfo2();
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> pages;
    return {static_cast<double>(heap.uordblks + heap.hblkhd), static_cast<double>(pages) * 4096};
}

skein::task<> get(skein::client_session& session, std::string url) {
    auto response = co_await session.get(url);
    static_cast<void>(co_await response.read());
}

skein::task<> measure_idle(skein::session_options options, std::string url, std::size_t count) {
    skein::client_session session(std::move(options));
    co_await get(session, url);
    const auto first = session.stats();
    const memory before = measure();
    std::vector<skein::task<>> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(get(session, url));
    co_await skein::gather(std::move(all));
    co_await skein::sleep(std::chrono::milliseconds(200));  // what servers send afterwards is in
    const memory after = measure();
    const auto opened = static_cast<double>(session.stats().idle - first.idle);
    std::printf("{\"connections\":%.0f,\"heap_bytes\":%.0f,\"resident_bytes\":%.0f}\n", opened,
                (after.heap - before.heap) / opened, (after.resident - before.resident) / opened);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fprintf(stderr, "usage: %s URL N [--cacert FILE]\n", argv[0]);
        return 2;
    }
    const auto count = static_cast<std::size_t>(std::atol(argv[2]));
    skein::session_options options;
    options.connector.limit = count;
    options.connector.max_idle = count;
    if (argc == 5 && std::strcmp(argv[3], "--cacert") == 0) options.tls.ca_file(argv[4]);
    skein::run(measure_idle(std::move(options), argv[1], count));
}
