// Owns the names, the listeners and the connections of a simulation.
#include "testing/simulated_network.hpp"

#include "testing/simulated_listener.hpp"

#include <skein/detail/report.hpp>
#include <skein/error.hpp>

#include <algorithm>
#include <utility>

namespace skein::testing {

namespace {

/// The task of one server. Belongs to the network.
class server_job final : public detail::job, public detail::recycled {
public:
    server_job(task<>&& work, const std::string& where) : job(work.release()), name_("server " + where) {}
    std::string_view name() const noexcept override { return name_; }

private:
    void finish(detail::task_handle root) noexcept override {
        detail::result<void> out;
        const auto how = detail::take_from_root(out, root);
        try {
            if (const auto* error = out.thrown()) std::rethrow_exception(*error);
        } catch (const client_gone&) {
        } catch (...) {
            detail::report_lost("exception in a simulated server", std::current_exception());
        }
        leave_scope(how == detail::result_state::cancelled, nullptr);
        delete this;
    }
    std::string name_;
};

task<> serve(std::shared_ptr<const connection_handler> how, server_stream client) {
    co_await (*how)(client);
}

}  // namespace

// ---- waits

void network_wait::await_suspend(detail::task_handle at) {
    if (when_ != clock::time_point::max()) detail::this_kernel.scheduler->deadlines().set(*this, when_);
    all_.push_back(this);
    suspend(at);
}

void network_wait::leave() noexcept {
    std::erase(all_, this);
    detail::this_kernel.scheduler->deadlines().clear(*this);
}

void network_wait::fail(std::error_code why) noexcept {
    result_ = why;
    leave();
    wake();
}

void network_wait::on_deadline() noexcept {
    leave();
    wake();
}

void network_wait::on_cancel() noexcept {
    cancelled_ = true;
    leave();
    wake();
}

// ---- connections

task<std::unique_ptr<net::stream>> simulated_network::connect(net::address to, const net::socket_options&) {
    return connect_task(*this, to.to_string(), std::errc::connection_refused);
}

task<std::unique_ptr<net::stream>> simulated_network::connect_unix(std::string path,
                                                                   const net::socket_options&) {
    return connect_task(*this, "unix:" + path, std::errc::no_such_file_or_directory);
}

task<std::unique_ptr<net::stream>> simulated_network::connect_task(simulated_network& self, std::string where,
                                                                   std::errc if_unknown) {
    auto answer = detail::this_kernel.scheduler->now() + 2 * self.link_.latency;
    const endpoint* const found = self.find_endpoint(where);
    if (found != nullptr) answer += found->delay;
    const bool swallowed = found != nullptr && !found->serve && !found->line && !found->failure;
    network_wait answered(self.waits_, swallowed ? clock::time_point::max() : answer);
    const std::error_code failed = co_await answered;
    if (failed) throw std::system_error(failed);
    const endpoint* const at = self.find_endpoint(where);
    if (at == nullptr) throw std::system_error(std::make_error_code(if_unknown));
    if (!at->serve && !at->line) throw std::system_error(at->failure);
    co_return self.accept(*at, where);
}

std::unique_ptr<net::stream> simulated_network::accept(const endpoint& at, const std::string& where) {
    auto made = std::make_shared<wire>(*this, link_, where);
    made->place = wires_.size();
    wires_.push_back(made);
    ++open_;
    ++made_;
    auto stream = std::make_unique<wire_stream>(made);
    if (at.line) {
        const auto client = "127.0.0.1:" + std::to_string(32767 + made_ % 16384);
        at.line->put(
            std::make_unique<accepted_stream>(std::move(made), where.starts_with("unix:") ? where : client));
        return stream;
    }
    servers_.start(*new server_job(serve(at.serve, server_stream(std::move(made))), where));
    return stream;
}

void simulated_network::forget(wire& one) noexcept {
    if (one.place >= wires_.size() || wires_[one.place].get() != &one) return;
    const std::size_t place = one.place;
    std::swap(wires_[place], wires_.back());
    wires_[place]->place = place;
    wires_.pop_back();
}

void simulated_network::reset_all() noexcept {
    const auto reset = std::make_error_code(std::errc::connection_reset);
    while (!waits_.empty()) waits_.front()->fail(reset);
    for (const auto& one : wires_) one->reset_both();
}

// ---- names

std::string simulated_network::address_of(std::string_view host) {
    if (net::address::parse(host, 0)) return std::string(host);
    const auto found = names_.find(host);
    if (found != names_.end() && !found->second.addresses.empty()) return found->second.addresses.front();
    ++last_address_;
    std::string address =
        "10.0." + std::to_string(last_address_ / 256) + "." + std::to_string(last_address_ % 256);
    names_.insert_or_assign(std::string(host), known_name{{address}, {}, {}});
    return address;
}

void simulated_network::set_endpoint(std::string_view host, std::uint16_t port, endpoint what) {
    endpoint& there = endpoints_[place_of(host, port)];
    what.delay = there.delay;
    there = std::move(what);
}

void simulated_network::set_delay(std::string_view host, std::uint16_t port, clock::duration delay) {
    const endpoint refuses{nullptr, std::make_error_code(std::errc::connection_refused), {}};
    endpoints_.try_emplace(place_of(host, port), refuses).first->second.delay = delay;
}

void simulated_network::set_unix_endpoint(const std::string& path, endpoint what) {
    endpoints_.insert_or_assign("unix:" + path, std::move(what));
}

std::string simulated_network::place_of(std::string_view host, std::uint16_t port) {
    return net::address::parse(address_of(host), port)->to_string();
}

void simulated_network::add_name(std::string_view name, std::vector<std::string> addresses,
                                 std::string failure, clock::duration delay) {
    names_.insert_or_assign(std::string(name), known_name{std::move(addresses), std::move(failure), delay});
}

task<std::vector<ip_address>> simulated_network::resolve(std::string host, address_family family) {
    return resolve_task(*this, std::move(host), family);
}

task<std::vector<ip_address>> simulated_network::resolve_task(simulated_network& self, std::string host,
                                                              address_family family) {
    ++self.lookups_;
    auto found = self.names_.find(host);
    const auto delay = found != self.names_.end() ? found->second.delay : clock::duration();
    network_wait answered(self.waits_, detail::this_kernel.scheduler->now() + delay);
    const std::error_code failed = co_await answered;
    found = self.names_.find(host);
    std::string why;
    std::vector<ip_address> addresses;
    if (failed) {
        why = failed.message();
    } else if (found == self.names_.end()) {
        why = "Name or service not known";
    } else {
        why = found->second.failure;
        for (const auto& text : found->second.addresses)
            if (const ip_address one(text); one.is_of(family)) addresses.push_back(one);
    }
    if (!why.empty() || addresses.empty())
        throw resolve_error(
            "cannot resolve host '" + host + "': " + (why.empty() ? "it has no address" : why), host, 0,
            failed);
    co_return addresses;
}

}  // namespace skein::testing
