// Listening sockets of the system.
#include "net/listen.hpp"

#include "net/network.hpp"
#include "net/unix.hpp"
#include "sanitized.hpp"
#include "scratch_folder.hpp"

#include <skein/skein.hpp>

#include <doctest/doctest.h>

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

using namespace skein;
using namespace std::chrono_literals;

namespace {

const net::address anywhere = *net::address::parse("127.0.0.1", 0);

std::error_code failure_of_listening(const std::string& path) {
    try {
        (void)net::listen_unix(path, 10);
    } catch (const std::system_error& e) {
        CHECK(std::string(e.what()).find("cannot listen at unix:" + path) != std::string::npos);
        return e.code();
    }
    return {};
}

task<std::unique_ptr<net::stream>> connect_to(const net::listener& there) {
    const auto to = *net::address::parse("127.0.0.1", there.port());
    co_return co_await net::network::current().connect(to, net::plain_socket);
}

}  // namespace

TEST_CASE("listening: connections are accepted in order, with who they are") {
    run([]() -> task<> {
        const auto there = net::listen_tcp(anywhere, 10);
        CHECK(there->port() != 0);
        CHECK(there->address_text() == "127.0.0.1:" + std::to_string(there->port()));
        auto first = co_await connect_to(*there);
        auto second = co_await connect_to(*there);
        auto one = co_await there->accept();
        auto two = co_await there->accept();
        CHECK(one->peer().starts_with("127.0.0.1:"));
        CHECK(one->peer() != two->peer());
        CHECK(first->peer() == there->address_text());
    }());
}

TEST_CASE("listening: IPv6, and an address that is taken") {
    const auto there = net::listen_tcp(*net::address::parse("::1", 0), 10);
    CHECK(there->address_text() == "[::1]:" + std::to_string(there->port()));
    try {
        (void)net::listen_tcp(*net::address::parse("::1", there->port()), 10);
        FAIL("two listen at one port");
    } catch (const std::system_error& e) {
        CHECK(e.code() == std::errc::address_in_use);
        CHECK(std::string(e.what()).find("cannot listen at " + there->address_text()) != std::string::npos);
    }
}

TEST_CASE("listening: a wait that is cancelled takes no connection") {
    run([]() -> task<> {
        const auto there = net::listen_tcp(anywhere, 10);
        for (int i = 0; i < 3; ++i) {
            bool timed_out = false;
            try {
                (void)co_await wait_for(there->accept(), 1ms);
            } catch (const timeout_error&) {
                timed_out = true;
            }
            CHECK(timed_out);
        }
        auto made = co_await connect_to(*there);
        auto accepted = co_await there->accept();
        CHECK(accepted != nullptr);
        there->close();
        there->close();
        bool closed = false;
        try {
            (void)co_await there->accept();
        } catch (const std::system_error&) {
            closed = true;
        }
        CHECK(closed);
    }());
}

TEST_CASE("listening: for want of descriptors, accept() says so, and the connection stays in the queue" *
          doctest::skip(test::is_sanitized)) {
    run([]() -> task<> {
        const auto there = net::listen_tcp(anywhere, 10);
        auto made = co_await connect_to(*there);
        rlimit before{};
        REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
        const int next = dup(0);
        close(next);
        rlimit none = before;
        none.rlim_cur = static_cast<rlim_t>(next);
        REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
        std::error_code why;
        try {
            (void)co_await there->accept();
        } catch (const std::system_error& e) {
            why = e.code();
        }
        REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
        CHECK(why == std::errc::too_many_files_open);
        auto accepted = co_await there->accept();
        CHECK(accepted != nullptr);
    }());
}

TEST_CASE("listening at paths: what a dead server has left is replaced, nothing else, and ours goes") {
    const test::scratch_folder folder;
    const std::string path = (folder.path() / "socket").string();
    {
        const auto there = net::listen_unix(path, 10);
        CHECK(there->address_text() == "unix:" + path);
        CHECK(there->port() == 0);
        CHECK(std::filesystem::is_socket(path));
        CHECK(failure_of_listening(path) == std::errc::address_in_use);
        CHECK(std::filesystem::is_socket(path));
    }
    CHECK_FALSE(std::filesystem::exists(path));
    {  // left by a server that has died
        const net::unix_address at(path);
        const int left = socket(AF_UNIX, SOCK_STREAM, 0);
        REQUIRE(bind(left, reinterpret_cast<const sockaddr*>(&at.system), at.bytes) == 0);
        close(left);
        REQUIRE(std::filesystem::is_socket(path));
        const auto there = net::listen_unix(path, 10);
        std::filesystem::remove(path);
        std::ofstream(path) << "somebody else's";
    }
    CHECK(std::filesystem::is_regular_file(path));
    CHECK(failure_of_listening(path) == std::errc::address_in_use);
    CHECK(std::filesystem::is_regular_file(path));
    CHECK_THROWS_AS((void)net::listen_unix(std::string(300, 'x'), 10), std::system_error);
}

TEST_CASE("listening at abstract names") {
    run([]() -> task<> {
        const std::string name = "@skein-test-" + std::to_string(getpid());
        const auto there = net::listen_unix(name, 10);
        CHECK(failure_of_listening(name) == std::errc::address_in_use);
        auto made = co_await net::connect_unix(name, net::plain_socket);
        auto accepted = co_await there->accept();
        CHECK(accepted->peer() == "unix:" + name);
    }());
}
