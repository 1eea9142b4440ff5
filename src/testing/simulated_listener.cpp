// Owns listening on the simulated network.
#include "testing/simulated_listener.hpp"

#include "testing/simulated_network.hpp"

#include <system_error>

namespace skein::testing {

namespace {

class simulated_listener final : public net::listener {
public:
    simulated_listener(simulated_network& on, std::string where, std::uint16_t port,
                       std::shared_ptr<accept_line> line)
        : network_(&on), where_(std::move(where)), port_(port), line_(std::move(line)) {}
    ~simulated_listener() override { simulated_listener::close(); }

    task<std::unique_ptr<net::stream>> accept() override { return accept_task(line_); }
    void close() noexcept override {
        if (!line_) return;
        network_->end_listening(where_, *line_);
        line_.reset();
    }
    const std::string& address_text() const noexcept override { return where_; }
    std::uint16_t port() const noexcept override { return port_; }

private:
    static task<std::unique_ptr<net::stream>> accept_task(std::shared_ptr<accept_line> line) {
        if (!line) throw std::system_error(std::make_error_code(std::errc::bad_file_descriptor));
        while (line->waiting.empty()) {
            line->changed.clear();
            co_await line->changed.wait();
        }
        auto first = std::move(line->waiting.front());
        line->waiting.pop_front();
        co_return first;
    }

    simulated_network* network_;
    std::string where_;
    std::uint16_t port_;
    std::shared_ptr<accept_line> line_;  // null: closed
};

}  // namespace

simulated_network::endpoint* simulated_network::find_endpoint(const std::string& where) noexcept {
    if (const auto found = endpoints_.find(where); found != endpoints_.end()) return &found->second;
    if (where.starts_with("unix:")) return nullptr;
    const std::string_view port = std::string_view(where).substr(where.rfind(':'));
    for (auto& [place, what] : endpoints_)  // who listens at all addresses
        if (what.line && place.ends_with(port) &&
            (place.starts_with("0.0.0.0:") || place.starts_with("[::]:")))
            return &what;
    return nullptr;
}

std::unique_ptr<net::listener> simulated_network::listen(net::address at, int) {
    std::string where = at.to_string();
    if (at.port() != 0) return listen_at(std::move(where), at.port());
    const auto colon = where.rfind(':') + 1;
    do where = where.substr(0, colon) + std::to_string(++last_port_);
    while (find_endpoint(where) != nullptr);
    return listen_at(std::move(where), last_port_);
}

std::unique_ptr<net::listener> simulated_network::listen_unix(std::string path, int) {
    return listen_at("unix:" + path, 0);
}

std::unique_ptr<net::listener> simulated_network::listen_at(std::string where, std::uint16_t port) {
    endpoint& there = endpoints_[where];
    if (there.serve || there.line)
        throw std::system_error(std::make_error_code(std::errc::address_in_use), "cannot listen at " + where);
    there.failure = {};
    there.line = std::make_shared<accept_line>();
    return std::make_unique<simulated_listener>(*this, std::move(where), port, there.line);
}

void simulated_network::end_listening(const std::string& where, const accept_line& line) noexcept {
    const auto found = endpoints_.find(where);
    if (found != endpoints_.end() && found->second.line.get() == &line) endpoints_.erase(found);
}

}  // namespace skein::testing
