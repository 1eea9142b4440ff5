// A C library that has a descriptor and never blocks, on the loop: PostgreSQL by libpq. Several connections
// each run a slow query at once, and a task goes on ticking meanwhile. The command line is a connection
// string.
#include <skein/skein.hpp>

#include <libpq-fe.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

using namespace std::chrono_literals;

template <auto free>
struct deleter {
    void operator()(auto* object) const noexcept { free(object); }
};
using connection = std::unique_ptr<PGconn, deleter<PQfinish>>;
using query_result = std::unique_ptr<PGresult, deleter<PQclear>>;

[[noreturn]] void fail(PGconn* at) {
    throw std::runtime_error(PQerrorMessage(at));
}

skein::task<connection> connect(std::string how) {
    connection made(PQconnectStart(how.c_str()));
    if (made == nullptr) throw std::bad_alloc();
    if (PQstatus(made.get()) == CONNECTION_BAD) fail(made.get());
    // Which descriptor it is may change from one step to the next: libpq tries one address after the other.
    auto wants = PGRES_POLLING_WRITING;
    while (wants != PGRES_POLLING_OK) {
        if (wants == PGRES_POLLING_FAILED) fail(made.get());
        if (wants == PGRES_POLLING_READING)
            co_await skein::wait_readable(PQsocket(made.get()));
        else
            co_await skein::wait_writable(PQsocket(made.get()));
        wants = PQconnectPoll(made.get());
    }
    if (PQsetnonblocking(made.get(), 1) != 0) fail(made.get());
    co_return made;
}

// The first value of the first row.
skein::task<std::string> query(PGconn* on, std::string sql) {
    if (PQsendQuery(on, sql.c_str()) == 0) fail(on);
    while (const int unsent = PQflush(on)) {
        if (unsent < 0) fail(on);
        co_await skein::wait_writable(PQsocket(on));
    }
    std::string value;
    for (;;) {
        while (PQisBusy(on) != 0) {
            co_await skein::wait_readable(PQsocket(on));
            if (PQconsumeInput(on) == 0) fail(on);
        }
        const query_result result(PQgetResult(on));
        if (result == nullptr) co_return value;
        if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) fail(on);
        value = PQgetvalue(result.get(), 0, 0);
    }
}

skein::task<std::string> connect_and_query(std::string how, std::string sql) {
    const auto on = co_await connect(std::move(how));
    co_return co_await query(on.get(), std::move(sql));
}

skein::task<> tick(int& ticks) {
    for (;; ++ticks) co_await skein::sleep(10ms);
}

skein::task<> queries(std::string how) {
    int ticks = 0;
    std::vector<skein::task<std::string>> work;
    for (int n = 1; n <= 4; ++n)
        work.push_back(connect_and_query(
            how, "select " + std::to_string(n) + " * 11 from (select pg_sleep(0.5)) as slow"));
    // The ticking never ends: the queries are the first to do so, and then it is cancelled.
    auto ended = co_await skein::first(skein::gather(std::move(work)), tick(ticks));
    for (const auto& value : std::get<0>(ended)) std::cout << value << '\n';
    std::cout << ticks << " ticks\n";
}

int main(int argc, char** argv) {
    try {
        skein::run(queries(argc > 1 ? argv[1] : ""));
    } catch (const std::exception& e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
}
