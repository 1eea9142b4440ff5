// Owns lookups by those who block: threads that can be abandoned. libuv's own getaddrinfo cannot be: its pool
// is joined when the process exits, and a loop with a running lookup cannot be closed.
#include "net/resolver.hpp"

#include "loop/loop.hpp"
#include "net/address.hpp"

#include <skein/error.hpp>

#include <netdb.h>

#include <cerrno>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

namespace skein::net {

namespace {

// Both sides hold a lookup; whoever ends last frees it.
struct lookup {
    lookup(std::string name, address_family wanted) : host(std::move(name)), family(wanted) {}

    void run(const lookup_function& ask) noexcept {
        try {
            answer = ask(host, family);
        } catch (const std::exception& e) {
            answer.failure = e.what();
        }
        const std::lock_guard lock(mutex);
        if (reply != nullptr) uv_async_send(reply);
    }

    const std::string host;
    const address_family family;
    lookup_answer answer;  // written by the thread before it replies, read by the loop after

    std::mutex mutex;
    uv_async_t* reply = nullptr;  // guarded by mutex; null once abandoned

    bool is_queued = false;  // these two belong to the line
    std::list<std::shared_ptr<lookup>>::iterator place;
};

// Who looks names up: as many threads as there are lookups, up to a limit. A thread ends when it finds no
// other in the line. Held by each of them, and leaked by the process, as they are not waited for.
class lookup_line : public std::enable_shared_from_this<lookup_line> {
public:
    lookup_line(lookup_function ask, unsigned most) : ask_(std::move(ask)), most_threads_(most) {}

    /// Throws std::system_error if the system gives no thread.
    void add(std::shared_ptr<lookup> one) {
        const std::lock_guard lock(mutex_);
        if (threads_ == most_threads_) {
            one->place = waiting_.insert(waiting_.end(), one);
            one->is_queued = true;
            return;
        }
        std::thread([line = shared_from_this(), one = std::move(one)]() mutable {
            for (; one; one = line->next()) one->run(line->ask_);
        }).detach();
        ++threads_;
    }
    /// It need not be begun.
    void drop(lookup& one) noexcept {
        const std::lock_guard lock(mutex_);
        if (std::exchange(one.is_queued, false)) waiting_.erase(one.place);
    }

private:
    std::shared_ptr<lookup> next() noexcept {
        const std::lock_guard lock(mutex_);
        if (waiting_.empty()) {
            --threads_;
            return nullptr;
        }
        auto first = std::move(waiting_.front());
        waiting_.pop_front();
        first->is_queued = false;
        return first;
    }

    const lookup_function ask_;
    const unsigned most_threads_;
    std::mutex mutex_;
    unsigned threads_ = 0;
    std::list<std::shared_ptr<lookup>> waiting_;
};

// The wait for a lookup. The async handle must outlive the close, so it is on the heap.
class lookup_wait final : detail::wait {
public:
    lookup_wait(std::shared_ptr<lookup> asked, lookup_line& line) : asked_(std::move(asked)), line_(line) {}

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
            line_.add(asked_);
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
        line_.drop(*asked_);
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
    lookup_line& line_;
    uv_async_t* reply_ = nullptr;
    bool answered_ = false;
};

class thread_resolver final : public resolver {
public:
    thread_resolver(lookup_function ask, unsigned most_threads)
        : line_(std::make_shared<lookup_line>(std::move(ask), most_threads)) {}

    task<std::vector<ip_address>> resolve(std::string host, address_family family) override {
        return look_up(line_, std::move(host), family);
    }

private:
    static task<std::vector<ip_address>> look_up(std::shared_ptr<lookup_line> line, std::string host,
                                                 address_family family) {
        auto asked = std::make_shared<lookup>(host, family);
        lookup_wait answer(asked, *line);
        co_await answer;
        auto& [found, failure, code] = asked->answer;
        if (!found.empty()) co_return std::move(found);
        throw resolve_error(
            "cannot resolve host '" + host + "': " + (failure.empty() ? "it has no address" : failure), host,
            0, code);
    }

    const std::shared_ptr<lookup_line> line_;
};

lookup_answer ask_system(const std::string& host, address_family family) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    hints.ai_family = family == address_family::ipv4   ? AF_INET
                      : family == address_family::ipv6 ? AF_INET6
                                                       : AF_UNSPEC;
    addrinfo* list = nullptr;
    const int status = getaddrinfo(host.c_str(), nullptr, &hints, &list);
    lookup_answer answer;
    if (status == EAI_SYSTEM) {
        answer.code = std::error_code(errno, std::generic_category());
        answer.failure = answer.code.message();
    } else if (status != 0) {
        answer.failure = gai_strerror(status);
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(status == 0 ? list : nullptr,
                                                               [](addrinfo* all) {
                                                                   if (all != nullptr) freeaddrinfo(all);
                                                               });
    for (const addrinfo* one = owner.get(); one != nullptr; one = one->ai_next)
        if (const auto ip = ip_of(*one->ai_addr)) answer.found.push_back(*ip);
    return answer;
}

}  // namespace

std::unique_ptr<resolver> make_thread_resolver(lookup_function ask, unsigned most_threads) {
    return std::make_unique<thread_resolver>(std::move(ask), most_threads);
}

resolver& system_resolver() {
    static auto* const all = new thread_resolver(ask_system, most_system_lookups);  // threads outlive main()
    return *all;
}

}  // namespace skein::net
