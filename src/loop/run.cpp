// Owns run(): a libuv loop of its own, the main task, SIGINT, and the order in which everything ends.
#include <skein/run.hpp>

#include "loop/loop.hpp"
#include "loop/sigint.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace skein::loop {

namespace {

class uv_loop {
public:
    uv_loop() {
        if (const int status = uv_loop_init(&uv_); status != 0)
            throw std::system_error(-status, std::generic_category(), "cannot make an event loop");
    }
    ~uv_loop() {
        if (uv_loop_close(&uv_) == 0) return;
        // A mistake of ours: the memory of a live handle would be freed.
        std::fputs("skein: a handle outlived its loop\n", stderr);
        std::abort();
    }
    uv_loop(const uv_loop&) = delete;
    uv_loop& operator=(const uv_loop&) = delete;

    uv_loop_t& get() noexcept { return uv_; }

private:
    uv_loop_t uv_{};
};

class main_loop final : public loop {
public:
    main_loop(uv_loop_t& uv, const run_options& options) : loop(uv, options) {
        if (!options.handle_sigint) return;
        sigint_.take(uv, this, [](uv_async_t* wake) { static_cast<main_loop*>(wake->data)->on_sigint(); });
    }

    /// Runs `main` to its end, then everything else to its end.
    void run(detail::job& main) noexcept {
        scheduler_.set_main_scope(&main_scope_);
        main_scope_.start(main);
        while (main_scope_.has_children()) uv_run(uv(), UV_RUN_DEFAULT);
        begin_end();
        do {
            while (scheduler_.background().has_children()) uv_run(uv(), UV_RUN_DEFAULT);
        } while (!wind_up());
        close_handles({});
        sigint_came_ = sigint_.give_back();
        uv_run(uv(), UV_RUN_DEFAULT);  // until the last handle and request is gone
    }

    /// After run(): whether SIGINT came, and the main task gave way to it or had ended before.
    bool was_interrupted() const noexcept {
        return sigint_came_ && (!main_interrupted_ || main_scope_.ended_cancelled());
    }

private:
    class main_scope final : public detail::scope {
    public:
        explicit main_scope(main_loop& owner) noexcept : loop_(owner) {}
        bool ended_cancelled() const noexcept { return cancelled_; }

    private:
        void child_done(bool cancelled, const std::exception_ptr*) noexcept override {
            cancelled_ = cancelled;
            uv_stop(loop_.uv());
        }
        main_loop& loop_;
        bool cancelled_ = false;
    };

    void after_turn() noexcept override {
        if (ending() && !scheduler_.background().has_children()) uv_stop(uv());
    }
    void on_sigint() noexcept {
        main_interrupted_ = main_scope_.has_children();
        main_scope_.cancel_children();
    }

    sigint sigint_;
    main_scope main_scope_{*this};
    bool sigint_came_ = false;
    bool main_interrupted_ = false;
};

}  // namespace

}  // namespace skein::loop

namespace skein::detail {

void run_loop(std::unique_ptr<job> main, const run_options& options) {
    bool interrupted = false;
    {
        loop::uv_loop uv;
        loop::main_loop own(uv.get(), options);
        own.run(*main.release());
        interrupted = own.was_interrupted();
    }
    if (interrupted) std::raise(SIGINT);
}

}  // namespace skein::detail
