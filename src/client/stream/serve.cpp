// Owns a server: the task that accepts, those of the handlers, and how they end.
#include "client/stream/stream_core.hpp"
#include "loop/host.hpp"
#include "net/network.hpp"

#include <skein/detail/report.hpp>
#include <skein/event.hpp>
#include <skein/future.hpp>
#include <skein/semaphore.hpp>
#include <skein/serve.hpp>
#include <skein/sleep.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <limits>
#include <list>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace skein::client {

namespace {
std::ptrdiff_t permits_for(std::size_t limit) noexcept {
    constexpr auto most = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
    return static_cast<std::ptrdiff_t>(limit == 0 || limit > most ? most : limit);
}
}  // namespace

class server_core final : public std::enable_shared_from_this<server_core>, private loop::resource {
public:
    server_core(stream_handler handler, std::size_t limit, std::unique_ptr<net::listener> listener)
        : handler_(std::move(handler)),
          address_(listener->address_text()),
          port_(listener->port()),
          listener_(std::move(listener)),
          room_(permits_for(limit)) {
        loop::host::current("serve()").bind(*this, "a server");
    }

    void start() {
        auto work = accept_all(closing(shared_from_this()));
        accepting_.emplace(create_task(std::move(work), "server " + address_));
    }

    const std::string& address() const noexcept { return address_; }
    std::uint16_t port() const noexcept { return port_; }
    std::size_t connections() const noexcept { return handling_.size(); }

    void close() noexcept {
        if (!listener_) return;
        if (accepting_) accepting_->cancel();
        listener_->close();
        listener_.reset();
        note_end();
    }
    void cancel_handlers() noexcept {
        for (auto& one : handling_) one.cancel();
    }
    static task<> wait_closed(std::shared_ptr<server_core> self) { co_await self->ended_.wait(); }

private:
    using places = std::list<future<>>;

    /// A connection's place in the server; part of the frame of its task, so that it goes however that ends,
    /// even before it begins.
    class place {
    public:
        place(std::shared_ptr<server_core> of, semaphore::permit permit)
            : of_(std::move(of)),
              permit_(std::move(permit)),
              at_(of_->handling_.emplace(of_->handling_.end())) {}
        place(place&&) noexcept = default;
        place& operator=(place&&) = delete;
        ~place() {
            if (!of_) return;
            of_->handling_.erase(at_);
            of_->note_end();
        }
        server_core& server() const noexcept { return *of_; }
        future<>& task_of() const noexcept { return *at_; }

    private:
        std::shared_ptr<server_core> of_;
        semaphore::permit permit_;  // goes before the server
        places::iterator at_;
    };

    static task<> handle(place here, stream connection) {
        co_await here.server().handler_(std::move(connection));
    }

    /// Part of the frame of the task that accepts: however that ends, nobody shall wait for it.
    class closing {
    public:
        explicit closing(std::shared_ptr<server_core> what) noexcept : what_(std::move(what)) {}
        closing(closing&&) noexcept = default;
        closing& operator=(closing&&) = delete;
        ~closing() {
            if (what_) what_->close();
        }
        server_core* operator->() const noexcept { return what_.get(); }

    private:
        std::shared_ptr<server_core> what_;
    };

    static task<> accept_all(closing self) {
        const auto listener = self->listener_;  // close() may come while it has something to give
        bool fails = false;
        while (self->listener_) {
            auto permit = co_await self->room_.acquire();
            bool failed = false;
            try {
                auto accepted = co_await listener->accept();
                self->begin(std::move(accepted), std::move(permit));
            } catch (const std::exception&) {
                failed = true;
                if (!fails && self->listener_)
                    detail::report_lost("the server " + self->address_ + " cannot accept",
                                        std::current_exception());
            }
            fails = failed;
            constexpr auto pause = std::chrono::milliseconds(100);  // somebody may give something back
            if (failed) co_await sleep(pause);
            co_await yield();  // whoever connects fast must not keep the handlers from running
        }
    }

    void begin(std::unique_ptr<net::stream> accepted, semaphore::permit permit) {
        auto facts = std::make_shared<connection_facts>();
        facts->peer = accepted->peer();
        stream_peer peer;
        peer.facts = std::move(facts);
        stream connection(std::make_shared<stream_core>(std::move(accepted), std::move(peer)));
        place here(shared_from_this(), std::move(permit));
        auto& kept = here.task_of();
        kept = create_task(handle(std::move(here), std::move(connection)), "connection of " + address_);
    }

    void note_end() noexcept {
        if (!listener_ && handling_.empty()) ended_.set();
    }
    void on_loop_end() noexcept override { close(); }

    const stream_handler handler_;
    const std::string address_;
    const std::uint16_t port_;
    std::shared_ptr<net::listener> listener_;  // null: closed
    semaphore room_;
    std::optional<future<>> accepting_;
    places handling_;
    event ended_;
};

}  // namespace skein::client

namespace skein {

server::server(std::shared_ptr<client::server_core> core) noexcept : core_(std::move(core)) {}
server::server(server&&) noexcept = default;
server& server::operator=(server&& other) noexcept {
    std::swap(core_, other.core_);
    return *this;
}
server::~server() {
    if (!core_) return;
    core_->close();
    core_->cancel_handlers();
}

client::server_core& server::core() const {
    if (core_) return *core_;
    throw std::logic_error("a server was used after it was moved from");
}

std::uint16_t server::port() const {
    return core().port();
}
const std::string& server::address() const {
    return core().address();
}
std::size_t server::connections() const {
    return core().connections();
}
void server::close() {
    core().close();
}
task<> server::wait_closed() {
    (void)core();
    return client::server_core::wait_closed(core_);
}

server serve(stream_handler handler, serve_options options) {
    if (!handler) throw std::invalid_argument("serve() without a handler");
    (void)loop::host::current("serve()");
    auto& network = net::network::current();
    std::unique_ptr<net::listener> listener;
    if (!options.unix_socket.empty()) {
        listener = network.listen_unix(options.unix_socket, options.backlog);
    } else {
        const auto at = net::address::parse(options.host, options.port);
        if (!at) throw std::invalid_argument("serve() at what is no address: " + options.host);
        listener = network.listen(*at, options.backlog);
    }
    auto core = std::make_shared<client::server_core>(std::move(handler), options.limit, std::move(listener));
    server made(core);
    core->start();
    return made;
}

}  // namespace skein
