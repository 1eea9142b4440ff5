// Upload: a file as a part of multipart/form-data, as curl -F does; or alone, as curl -T does.
// Usage: upload URL FILE [--alone]. Prints one JSON line.
#include <skein/skein.hpp>

#include <sys/resource.h>
#include <cstdio>
#include <string_view>

namespace {

skein::task<int> send(std::string url, std::string file, bool alone) {
    skein::client_session session;
    auto request = alone ? session.put(url) : session.post(url);
    skein::timeouts none;
    none.total = std::nullopt;
    request.timeout(none);
    if (alone)
        request.body_file(file);
    else
        request.multipart(skein::multipart().text("kind", "bench").file("file", file));
    auto response = co_await std::move(request);
    (void)co_await response.read();
    co_return response.status();
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fprintf(stderr, "usage: %s URL FILE [--alone]\n", argv[0]);
        return 2;
    }
    const auto start = skein::clock::now();
    const int status = skein::run(send(argv[1], argv[2], argc > 3 && std::string_view(argv[3]) == "--alone"));
    const double wall = std::chrono::duration<double>(skein::clock::now() - start).count();
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    std::printf("{\"status\":%d,\"wall\":%.3f,\"user\":%.3f,\"system\":%.3f,\"rss_kib\":%ld}\n", status, wall,
                seconds(used.ru_utime), seconds(used.ru_stime), used.ru_maxrss);
    return status < 400 ? 0 : 1;
}
