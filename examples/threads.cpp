// The bridge for programs that are no coroutines: plain threads, one loop in a thread of its own, and a
// remote between them. Each worker asks for pages and waits for them as for any future. Beneath an address of
// its command line, else example.org.
#include <skein/skein.hpp>

#include <cstddef>
#include <future>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

// A client for threads. All of skein happens in the thread of its loop.
class threaded_client {
public:
    threaded_client() : thread_([this] { skein::run(serve()); }) { loop_ = ready_.get_future().get(); }
    ~threaded_client() {
        loop_.post([this] { stop_->set_value(); });
        thread_.join();
    }

    // From any thread.
    std::future<std::string> get(std::string url) { return loop_.submit(fetch, this, std::move(url)); }

private:
    skein::task<> serve() {
        skein::promise<> stop;
        stop_ = &stop;
        ready_.set_value(skein::this_remote());
        co_await stop.get_future();
    }
    static skein::task<std::string> fetch(threaded_client* self, std::string url) {
        auto response = co_await self->session_.get(url).raise_for_status();
        co_return co_await response.text();
    }

    skein::client_session session_;
    skein::promise<>* stop_ = nullptr;
    std::promise<skein::remote> ready_;
    skein::remote loop_;
    std::thread thread_;
};

int main(int argc, char** argv) {
    const std::string base = argc > 1 ? argv[1] : "https://example.org/";
    threaded_client client;
    std::mutex output;
    std::vector<std::thread> workers;
    for (int worker = 0; worker < 4; ++worker) {
        workers.emplace_back([&, worker] {
            for (int page = 0; page < 5; ++page) {
                std::string line = std::to_string(worker) + "." + std::to_string(page) + ": ";
                try {
                    line += client.get(base + std::to_string(page)).get();
                } catch (const skein::error& e) {
                    line += e.what();
                }
                const std::lock_guard lock(output);
                std::cout << line << '\n';
            }
        });
    }
    for (auto& worker : workers) worker.join();
}
