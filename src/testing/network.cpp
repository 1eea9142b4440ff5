// Owns what a test says to the simulated network, and the server's end of a connection.
#include "net/address.hpp"
#include "testing/simulated_network.hpp"

#include <skein/testing_network.hpp>

#include <stdexcept>
#include <utility>

namespace skein::testing {

client_gone::client_gone() : std::runtime_error("the client of a simulated connection is gone") {}
client_gone::~client_gone() = default;

// ---- server_stream

struct server_stream::state {
    std::shared_ptr<testing::wire> wire;
    std::string read_ahead;  // by read_until()

    void close() noexcept {
        if (wire) wire->close_server();
    }

    /// Moves what has arrived to the end of read_ahead; false at the end.
    task<bool> read_on();
    task<std::string> read();
    task<std::string> read_exactly(std::size_t count);
    task<std::string> read_until(std::string end);
    task<> write(std::string data);
};

task<bool> server_stream::state::read_on() {
    const auto from = wire;
    while (from->unread().empty() && !from->client_has_ended()) co_await from->readable();
    const std::size_t count = from->unread().size();
    if (count == 0 && from->was_reset()) throw client_gone();
    read_ahead += as_text(from->unread());
    if (count != 0) from->consume(count);
    co_return count != 0;
}

task<std::string> server_stream::state::read() {
    if (read_ahead.empty()) (void)co_await read_on();
    co_return std::exchange(read_ahead, {});
}

task<std::string> server_stream::state::read_exactly(std::size_t count) {
    while (read_ahead.size() < count) {
        const bool more = co_await read_on();
        if (!more) throw client_gone();
    }
    std::string data = read_ahead.substr(0, count);
    read_ahead.erase(0, count);
    co_return data;
}

task<std::string> server_stream::state::read_until(std::string end) {
    std::size_t found = read_ahead.find(end);
    while (found == std::string::npos) {
        const bool more = co_await read_on();
        if (!more) throw client_gone();
        found = read_ahead.find(end);
    }
    std::string data = read_ahead.substr(0, found + end.size());
    read_ahead.erase(0, found + end.size());
    co_return data;
}

task<> server_stream::state::write(std::string data) {
    const auto to = wire;
    byte_view rest = as_bytes(data);
    while (!rest.empty()) {
        if (to->client_is_gone()) throw client_gone();
        if (to->has_ended_writing()) throw std::logic_error("write() after end_writing()");
        const std::size_t taken = to->send(rest);
        rest = rest.subspan(taken);
        if (taken == 0) co_await to->writable();
    }
}

server_stream::server_stream(std::shared_ptr<testing::wire> connection)
    : state_(new state{std::move(connection), {}}) {}
server_stream::server_stream(server_stream&&) noexcept = default;
server_stream& server_stream::operator=(server_stream&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
}
server_stream::~server_stream() {
    if (state_) state_->close();
}

task<std::string> server_stream::read() {
    return state_->read();
}
task<std::string> server_stream::read_exactly(std::size_t count) {
    return state_->read_exactly(count);
}
task<std::string> server_stream::read_until(std::string end) {
    return state_->read_until(std::move(end));
}
void server_stream::unread(std::string data) {
    state_->read_ahead.insert(0, data);
}
task<> server_stream::write(std::string data) {
    return state_->write(std::move(data));
}
void server_stream::end_writing() noexcept {
    state_->wire->end_writing();
}
void server_stream::close() noexcept {
    state_->close();
}
void server_stream::reset() noexcept {
    state_->wire->reset_server();
}

namespace {
task<> answer_all(server_stream& client, std::string answer) {
    for (;;) {
        (void)co_await client.read_until("\r\n\r\n");
        co_await client.write(answer);
    }
}
}  // namespace

connection_handler always_answer(std::string answer) {
    return [answer = std::move(answer)](server_stream& client) { return answer_all(client, answer); };
}

// ---- network

void network::set_link(const link& conditions) {
    if (conditions.window_bytes == 0 || conditions.largest_piece_bytes == 0)
        throw std::invalid_argument("a link that lets nothing through");
    state_->set_link(conditions);
}
void network::listen(std::string_view host, std::uint16_t port, connection_handler serve) {
    if (!serve) throw std::invalid_argument("listen() without a handler");
    state_->set_endpoint(host, port, {std::make_shared<const connection_handler>(std::move(serve)), {}, {}});
}
void network::listen_unix(const std::string& path, connection_handler serve) {
    if (!serve) throw std::invalid_argument("listen_unix() without a handler");
    state_->set_unix_endpoint(path, {std::make_shared<const connection_handler>(std::move(serve)), {}, {}});
}
void network::delay(std::string_view host, std::uint16_t port, clock::duration how_long) {
    state_->set_delay(host, port, how_long);
}
void network::refuse(std::string_view host, std::uint16_t port, std::errc reason) {
    state_->set_endpoint(host, port, {nullptr, std::make_error_code(reason), {}});
}
void network::swallow(std::string_view host, std::uint16_t port) {
    state_->set_endpoint(host, port, {nullptr, {}, {}});
}
void network::add_name(std::string_view name, std::vector<std::string> addresses, clock::duration delay) {
    for (const auto& text : addresses)
        if (!net::address::parse(text, 0)) throw std::invalid_argument("not an address: " + text);
    state_->add_name(name, std::move(addresses), {}, delay);
}
void network::add_broken_name(std::string_view name, std::string reason, clock::duration delay) {
    state_->add_name(name, {}, std::move(reason), delay);
}
void network::reset_all() noexcept {
    state_->reset_all();
}
std::size_t network::open_connections() const noexcept {
    return state_->open_connections();
}
std::size_t network::made_connections() const noexcept {
    return state_->made_connections();
}
std::size_t network::lookups() const noexcept {
    return state_->lookups();
}

}  // namespace skein::testing
