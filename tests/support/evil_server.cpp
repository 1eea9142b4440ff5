// The scripted server: sockets, a thread for each connection, and resets on demand. Knows nothing of the
// library.
#include "evil_server.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace skein::test {

namespace {

constexpr auto patience = std::chrono::seconds(20);

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

}  // namespace

// ---- one connection

bool evil_peer::receive() {
    char buffer[16 * 1024];
    ssize_t count = 0;
    do count = recv(fd_, buffer, sizeof buffer, 0);
    while (count < 0 && errno == EINTR);
    if (count > 0) received_.append(buffer, static_cast<std::size_t>(count));
    return count > 0;
}

std::optional<std::string> evil_peer::read_head() {
    for (;;) {
        if (const auto end = received_.find("\r\n\r\n"); end != received_.npos) {
            std::string head = received_.substr(0, end + 4);
            received_.erase(0, end + 4);
            server_.record(head);
            return head;
        }
        if (!receive()) return std::nullopt;
    }
}

std::optional<std::string> evil_peer::read_request() {
    for (;;) {
        if (const auto end = received_.find("\r\n\r\n"); end != received_.npos) {
            const std::string length = field_of(received_.substr(0, end + 4), "Content-Length");
            const std::size_t size = end + 4 + (length.empty() ? 0 : std::stoul(length));
            if (received_.size() >= size) {
                std::string request = received_.substr(0, size);
                received_.erase(0, size);
                server_.record(request);
                return request;
            }
        }
        if (!receive()) return std::nullopt;
    }
}

void evil_peer::wait_for_bytes() {
    pollfd waiting{fd_, POLLIN, 0};
    while (poll(&waiting, 1, -1) < 0 && errno == EINTR) {}
}

bool evil_peer::skip(std::size_t count) {
    for (;;) {
        const std::size_t here = std::min(count, received_.size());
        received_.erase(0, here);
        count -= here;
        if (count == 0) return true;
        if (!receive()) return false;
    }
}

bool evil_peer::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

bool evil_peer::send_byte_by_byte(std::string_view bytes) {
    for (const char& byte : bytes)
        if (!send({&byte, 1})) return false;
    return true;
}

void evil_peer::pause(std::chrono::milliseconds time) {
    std::unique_lock lock(server_.mutex_);
    server_.changed_.wait_for(lock, time, [&] { return server_.stopping_; });
}

void evil_peer::hold() {
    pollfd waiting{fd_, POLLRDHUP, 0};
    while (poll(&waiting, 1, -1) < 0 && errno == EINTR) {}
}

void evil_peer::drain() {
    while (receive()) received_.clear();
}

void evil_peer::finish() {
    shutdown(fd_, SHUT_WR);
}

void evil_peer::reset() {
    const linger at_once{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

// ---- the server

evil_server::evil_server(script each_connection) : script_(std::move(each_connection)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || bind(listener_, any, size) != 0 || listen(listener_, 1024) != 0 ||
        getsockname(listener_, any, &size) != 0)
        throw std::runtime_error("the test server cannot listen");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
}

evil_server::~evil_server() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (const int fd : open_) shutdown(fd, SHUT_RDWR);
        shutdown(listener_, SHUT_RDWR);
    }
    changed_.notify_all();
    acceptor_.join();
    for (auto& thread : threads_) thread.join();
    close(listener_);
}

void evil_server::accept_all() {
    for (;;) {
        const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            if (fd >= 0) close(fd);
            return;
        }
        if (fd < 0) continue;
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        open_.push_back(fd);
        const int number = ++connections_;
        threads_.emplace_back([this, fd, number] { serve(fd, number); });
        changed_.notify_all();
    }
}

void evil_server::serve(int fd, int number) {
    evil_peer peer(*this, fd, number);
    script_(peer);
    const std::lock_guard lock(mutex_);
    std::erase(open_, fd);
    close(fd);
    changed_.notify_all();
}

void evil_server::record(std::string request) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(std::move(request));
    changed_.notify_all();
}

std::string evil_server::url(std::string_view path, std::string_view host) const {
    return "http://" + std::string(host) + ":" + std::to_string(port_) + std::string(path);
}

int evil_server::connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
}

std::vector<std::string> evil_server::seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
}

bool evil_server::wait_until_open(int count) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return static_cast<int>(open_.size()) == count; });
}

void evil_server::signal() {
    const std::lock_guard lock(mutex_);
    ++signals_;
    changed_.notify_all();
}

bool evil_server::wait_for_signal() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return signals_ > 0 || stopping_; });
    if (stopping_) return false;
    --signals_;
    return true;
}

// ---- scripts and texts

evil_server::script always(std::string response) {
    return [response = std::move(response)](evil_peer& peer) {
        while (peer.read_request())
            if (!peer.send(response)) return;
    };
}

std::string response(std::string_view body, std::string_view status, std::string_view fields) {
    return "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(fields) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string field_of(const std::string& request, std::string_view name) {
    const std::string head = lower(request.substr(0, request.find("\r\n\r\n") + 2));
    const auto at = head.find("\r\n" + lower(name) + ":");
    if (at == head.npos) return "";
    auto begin = at + 2 + name.size() + 1;
    while (request[begin] == ' ') ++begin;
    return request.substr(begin, request.find("\r\n", begin) - begin);
}

}  // namespace skein::test
