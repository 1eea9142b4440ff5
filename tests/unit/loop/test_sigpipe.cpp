// SIGPIPE: what it does while a loop runs, and after.
#include <skein/run.hpp>
#include <skein/task.hpp>

#include <doctest/doctest.h>

#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>

using namespace skein;

namespace {

void (*disposition())(int) {
    struct sigaction now {};
    ::sigaction(SIGPIPE, nullptr, &now);
    return now.sa_handler;
}

void handler_of_the_program(int) {}

}  // namespace

TEST_CASE("who writes to what nobody reads gets an error, not a signal; afterwards all is as before") {
    REQUIRE((disposition() == SIG_DFL));
    const auto body = []() -> task<> {
        std::array<int, 2> ends{};
        REQUIRE(::pipe(ends.data()) == 0);
        ::close(ends[0]);
        CHECK(::write(ends[1], "x", 1) == -1);
        CHECK(errno == EPIPE);
        ::close(ends[1]);
        co_return;
    };
    run(body);
    run(body);
    CHECK((disposition() == SIG_DFL));
}

TEST_CASE("a program that has decided about SIGPIPE is left alone") {
    for (auto* chosen : {SIG_IGN, &handler_of_the_program}) {
        std::signal(SIGPIPE, chosen);
        const auto body = [&]() -> task<> {
            CHECK((disposition() == chosen));
            co_return;
        };
        run(body);
        CHECK((disposition() == chosen));
    }
    const auto decide = []() -> task<> {
        std::signal(SIGPIPE, SIG_IGN);
        co_return;
    };
    std::signal(SIGPIPE, SIG_DFL);
    run(decide);
    CHECK((disposition() == SIG_IGN));
    std::signal(SIGPIPE, SIG_DFL);
}
