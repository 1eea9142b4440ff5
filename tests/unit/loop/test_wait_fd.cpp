// Readiness of descriptors that belong to others.
#include <skein/skein.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

using namespace std::chrono_literals;
using skein::cancelled_error;
using skein::create_task;
using skein::task;
using skein::wait_readable;
using skein::wait_writable;

namespace {

// Two ends of a connection.
struct socket_pair {
    int ends[2];
    socket_pair() { REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0); }
    ~socket_pair() {
        close_end(0);
        close_end(1);
    }
    socket_pair(const socket_pair&) = delete;
    socket_pair& operator=(const socket_pair&) = delete;
    void close_end(std::size_t which) {
        if (ends[which] >= 0) close(std::exchange(ends[which], -1));
    }
    void send(std::string_view what) const {
        REQUIRE(write(ends[1], what.data(), what.size()) == static_cast<ssize_t>(what.size()));
    }
    // Writes until the connection takes no more.
    void fill() const {
        const std::string many(64 * 1024, 'x');
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
        while (write(ends[0], many.data(), many.size()) > 0) {}
    }
    void drain() const {
        char buffer[64 * 1024];
        while (recv(ends[1], buffer, sizeof buffer, MSG_DONTWAIT) > 0) {}
    }
};

task<> let_others_run() {
    for (int i = 0; i < 5; ++i) co_await skein::sleep(1ms);
}

task<> read_into(int fd, std::string& text, std::size_t bytes) {
    while (text.size() < bytes) {
        co_await wait_readable(fd);
        char buffer[8];
        const auto got = read(fd, buffer, sizeof buffer);
        if (got == 0) co_return;
        if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
    }
}

}  // namespace

TEST_CASE("wait_readable waits until there is something to read") {
    skein::run([]() -> task<> {
        socket_pair pair;
        auto waiting = create_task(wait_readable(pair.ends[0]));
        co_await let_others_run();
        CHECK_FALSE(waiting.done());
        pair.send("x");
        co_await waiting;
        co_await wait_readable(pair.ends[0]);  // still there
        char c = 0;
        CHECK(read(pair.ends[0], &c, 1) == 1);
        auto again = create_task(wait_readable(pair.ends[0]));
        co_await let_others_run();
        CHECK_FALSE(again.done());
        pair.close_end(1);  // the end can be read, too
        co_await again;
    });
}

TEST_CASE("wait_writable waits until there is room") {
    skein::run([]() -> task<> {
        socket_pair pair;
        co_await wait_writable(pair.ends[0]);
        pair.fill();
        auto waiting = create_task(wait_writable(pair.ends[0]));
        co_await let_others_run();
        CHECK_FALSE(waiting.done());
        pair.drain();
        co_await waiting;
    });
}

TEST_CASE("both directions of one descriptor at once, and one does not wake the other") {
    skein::run([]() -> task<> {
        socket_pair pair;
        pair.fill();
        auto reader = create_task(wait_readable(pair.ends[0]));
        auto writer = create_task(wait_writable(pair.ends[0]));
        co_await let_others_run();
        pair.send("x");
        co_await reader;
        co_await let_others_run();
        CHECK_FALSE(writer.done());
        auto reads_again = create_task(wait_readable(pair.ends[0]));
        co_await reads_again;
        pair.drain();
        co_await writer;
    });
}

TEST_CASE("all tasks that wait for one descriptor in one direction are woken") {
    skein::run([]() -> task<> {
        socket_pair pair;
        auto one = create_task(wait_readable(pair.ends[0]));
        auto other = create_task(wait_readable(pair.ends[0]));
        co_await let_others_run();
        pair.send("x");
        co_await one;
        co_await other;
    });
}

TEST_CASE("a wait is cancelled at once; those of others go on, and the descriptor stays open") {
    skein::run([]() -> task<> {
        socket_pair pair;
        auto dropped = create_task(wait_readable(pair.ends[0]));
        auto kept = create_task(wait_readable(pair.ends[0]));
        co_await skein::yield();
        CHECK(dropped.cancel());
        co_await skein::yield();
        CHECK(dropped.cancelled());
        pair.send("x");
        co_await kept;
        CHECK_THROWS_AS(co_await skein::wait_for(wait_writable(-1), 1h), std::system_error);
        pair.fill();
        CHECK_THROWS_AS(co_await skein::wait_for(wait_writable(pair.ends[0]), 1ms), skein::timeout_error);
        CHECK(fcntl(pair.ends[0], F_GETFD) >= 0);
    });
}

TEST_CASE("a cancelled task does not begin to wait") {
    skein::run([]() -> task<> {
        socket_pair pair;
        pair.send("x");
        const auto body = [&]() -> task<> {
            try {
                co_await skein::sleep(1h);
            } catch (const cancelled_error&) {}
            co_await wait_readable(pair.ends[0]);
        };
        auto work = create_task(body());
        co_await skein::yield();
        work.cancel();
        CHECK_THROWS_AS(co_await work, cancelled_error);
    });
}

TEST_CASE("a number that is closed and opened again between waits is the new descriptor") {
    skein::run([]() -> task<> {
        const int number = dup(0);
        REQUIRE(number >= 0);
        for (int i = 0; i < 20; ++i) {
            int ends[2];
            REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
            REQUIRE(dup2(ends[0], number) == number);
            close(ends[0]);
            auto waiting = create_task(wait_readable(number));
            co_await skein::yield();
            co_await skein::yield();
            CHECK_FALSE(waiting.done());
            REQUIRE(write(ends[1], "x", 1) == 1);
            co_await waiting;
            close(ends[1]);
        }
        close(number);
    });
}

TEST_CASE("an error on a descriptor wakes both directions: the next call on it says what it is") {
    skein::run([]() -> task<> {
        int ends[2];
        REQUIRE(pipe(ends) == 0);
        const std::string many(1 << 20, 'x');
        fcntl(ends[1], F_SETFL, O_NONBLOCK);
        while (write(ends[1], many.data(), many.size()) > 0) {}
        auto waiting = create_task(wait_writable(ends[1]));
        co_await let_others_run();
        CHECK_FALSE(waiting.done());
        close(ends[0]);  // nobody can read it any more: an error, and no room
        co_await waiting;
        close(ends[1]);
    });
}

TEST_CASE("what is not open, or is a file, or belongs to the loop, is a system_error that says so") {
    const auto failure_of = [](task<> wait) -> task<std::pair<int, std::string>> {
        try {
            co_await wait;
        } catch (const std::system_error& e) {
            co_return std::pair<int, std::string>(e.code().value(), e.what());
        }
        co_return std::pair<int, std::string>(0, "");
    };
    skein::run([&]() -> task<> {
        const auto none = co_await failure_of(wait_readable(-1));
        CHECK(none.first == EBADF);
        CHECK(none.second.find("wait_readable(): descriptor -1") == 0);
        const int closed = dup(0);
        close(closed);
        const auto gone = co_await failure_of(wait_writable(closed));
        CHECK(gone.first == EBADF);
        auto* const file = std::tmpfile();
        const auto regular = co_await failure_of(wait_readable(fileno(file)));
        CHECK(regular.first == EPERM);
        CHECK(regular.second.find("files are always ready") != std::string::npos);
        std::fclose(file);
    });
}

TEST_CASE("a conversation over descriptors, while the loop goes on") {
    skein::run([]() -> task<> {
        socket_pair pair;
        std::string text;
        auto reading = create_task(read_into(pair.ends[0], text, 100));
        for (int sent = 0; sent < 10; ++sent) {
            CHECK_FALSE(reading.done());
            pair.send("0123456789");
            co_await skein::sleep(1ms);
        }
        co_await reading;
        CHECK(text.size() == 100);
    });
}

TEST_CASE("a wait in the background ends with the loop") {
    socket_pair pair;
    skein::run([&]() -> task<> {
        create_task(wait_readable(pair.ends[0]));
        create_task(wait_writable(pair.ends[1]));
        co_await skein::yield();
        co_await skein::yield();
    });
    pair.send("x");
    skein::run(wait_readable(pair.ends[0]));
}
