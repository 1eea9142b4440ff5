// Owns lookups by the system's resolver: threads that can be abandoned. libuv's own getaddrinfo cannot be:
// its pool is joined when the process exits, and a loop with a running lookup cannot be closed.
#include "net/resolver.hpp"

#include "loop/loop.hpp"

#include <skein/error.hpp>

#include <netdb.h>

#include <cerrno>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace skein::net {

namespace {

// Both sides hold a lookup; whoever ends last frees it.
struct lookup {
    lookup(std::string name, std::uint16_t to_port) : host(std::move(name)), port(to_port) {}

    const std::string host;
    const std::uint16_t port;

    // Written by the thread before it reports, read by the loop after.
    std::vector<address> found;
    int failure = 0;  // of getaddrinfo
    int system_error = 0;

    std::mutex mutex;
    uv_async_t* reply = nullptr;  // guarded by mutex; null once abandoned

    void ask() {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = AI_ADDRCONFIG;
        addrinfo* list = nullptr;
        failure = getaddrinfo(host.c_str(), nullptr, &hints, &list);
        system_error = errno;
        for (const addrinfo* one = list; failure == 0 && one != nullptr; one = one->ai_next)
            if (auto a = address::from(*one->ai_addr, port)) found.push_back(*a);
        if (list != nullptr) freeaddrinfo(list);
        const std::lock_guard lock(mutex);
        if (reply != nullptr) uv_async_send(reply);
    }
};

// The wait for a lookup. The async handle must outlive the close, so it is on the heap.
class lookup_wait final : detail::wait {
public:
    explicit lookup_wait(std::shared_ptr<lookup> asked) : asked_(std::move(asked)) {}

    bool await_ready() const {
        check();
        return false;
    }
    void await_suspend(detail::task_handle at) {
        auto& loop = loop::loop::current("resolving a host name");
        reply_ = new uv_async_t;
        if (const int status = uv_async_init(loop.uv(), reply_, on_reply); status != 0) {
            delete std::exchange(reply_, nullptr);
            throw std::system_error(-status, std::generic_category(), "cannot wait for the resolver");
        }
        reply_->data = this;
        asked_->reply = reply_;
        try {
            std::thread([asked = asked_] { asked->ask(); }).detach();
        } catch (...) {
            close_reply();
            throw;
        }
        suspend(at);
    }
    void await_resume() const {
        if (!answered_) throw cancelled_error();
    }

private:
    static void on_reply(uv_async_t* handle) {
        auto& self = *static_cast<lookup_wait*>(handle->data);
        self.answered_ = true;
        self.close_reply();
        self.wake();
    }
    void describe(std::string& out) const override { out.append("resolving ").append(asked_->host); }
    void on_cancel() noexcept override {
        close_reply();
        wake();
    }
    void close_reply() noexcept {
        {
            const std::lock_guard lock(asked_->mutex);
            asked_->reply = nullptr;
        }
        uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(reply_, nullptr)),
                 [](uv_handle_t* handle) { delete reinterpret_cast<uv_async_t*>(handle); });
    }

    std::shared_ptr<lookup> asked_;
    uv_async_t* reply_ = nullptr;
    bool answered_ = false;
};

class system_resolver final : public resolver {
public:
    task<std::vector<address>> resolve(std::string host, std::uint16_t port) override {
        if (auto literal = address::parse(host, port)) co_return std::vector<address>(1, *literal);
        auto asked = std::make_shared<lookup>(host, port);
        lookup_wait answer(asked);
        co_await answer;
        if (!asked->found.empty()) co_return std::move(asked->found);
        std::string what = "cannot resolve host '" + host + "': ";
        std::error_code code;
        if (asked->failure == EAI_SYSTEM) {
            code = std::error_code(asked->system_error, std::generic_category());
            what += code.message();
        } else {
            what += asked->failure != 0 ? gai_strerror(asked->failure) : "it has no address";
        }
        throw resolve_error(what, host, port, code);
    }
};

}  // namespace

std::unique_ptr<resolver> make_system_resolver() {
    return std::make_unique<system_resolver>();
}

}  // namespace skein::net
