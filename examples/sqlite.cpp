// A library that blocks, beside the loop: SQLite on the thread pool. Each call is a task that waits for its
// thread; a connection is used by one at a time. A task goes on ticking meanwhile.
#include <skein/skein.hpp>

#include <sqlite3.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

using namespace std::chrono_literals;

struct closer {
    void operator()(sqlite3* database) const noexcept { sqlite3_close(database); }
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using database = std::unique_ptr<sqlite3, closer>;
using statement = std::unique_ptr<sqlite3_stmt, closer>;

void check(int code, sqlite3* at) {
    if (code != SQLITE_OK && code != SQLITE_ROW) throw std::runtime_error(sqlite3_errmsg(at));
}

// Blocks: opens a database in memory, and gives the number that a query finds there.
long long ask(const std::string& sql) {
    sqlite3* opened = nullptr;
    const int code = sqlite3_open(":memory:", &opened);
    const database at(opened);
    check(code, at.get());
    sqlite3_stmt* prepared = nullptr;
    check(sqlite3_prepare_v2(at.get(), sql.c_str(), -1, &prepared, nullptr), at.get());
    const statement query(prepared);
    check(sqlite3_step(query.get()), at.get());
    return sqlite3_column_int64(query.get(), 0);
}

skein::task<> tick(int& ticks) {
    for (;; ++ticks) co_await skein::sleep(1ms);
}

skein::task<> queries() {
    int ticks = 0;
    std::vector<skein::task<long long>> work;
    for (int n = 1; n <= 2; ++n) {
        const std::string numbers =
            "with recursive n(i) as (select 1 union all select i + 1 from n limit 1000000) ";
        work.push_back(skein::to_thread(ask, numbers + "select sum(i) * " + std::to_string(n) + " from n"));
    }
    // The ticking never ends: the queries are the first to do so, and then it is cancelled.
    auto ended = co_await skein::first(skein::gather(std::move(work)), tick(ticks));
    for (const auto sum : std::get<0>(ended)) std::cout << sum << '\n';
    std::cout << ticks << " ticks\n";
}

int main() {
    try {
        skein::run(queries());
    } catch (const std::exception& e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
}
