// Owns what is said of exceptions that nobody can receive, and to whom.
#include "task/describe.hpp"

#include <skein/detail/report.hpp>

#include <cstdio>
#include <exception>
#include <string>

namespace skein::detail {

namespace {

void report_to_stderr(std::string_view context, const std::exception_ptr& error) noexcept {
    const auto say = [&](const char* what) {
        std::fprintf(stderr, "skein: %.*s: %s\n", static_cast<int>(context.size()), context.data(), what);
    };
    try {
        say(words_of(error).c_str());
    } catch (...) {
        say("an exception, and no memory to say which");
    }
}

}  // namespace

std::string words_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        return e.what();
    } catch (const cancelled_error&) {
        return "cancelled";
    } catch (...) {
        return "an exception of unknown type";
    }
}

void scheduler::report(std::string_view context, const std::exception_ptr& error) noexcept {
    // What goes wrong inside the handler is not the handler's to hear: it might never end.
    if (!handler_ || reporting_) return report_to_stderr(context, error);
    reporting_ = true;
    try {
        handler_(context, error);
    } catch (...) {
        report_to_stderr("the exception handler threw", std::current_exception());
        report_to_stderr(context, error);
    }
    reporting_ = false;
}

void report_lost(std::string_view context, const std::exception_ptr& error) noexcept {
    if (auto* current = this_kernel.scheduler) return current->report(context, error);
    report_to_stderr(context, error);
}

void report_lost_here(std::string_view context, const std::exception_ptr& error) noexcept {
    const job* const current = this_kernel.job;
    const bool known = current != nullptr && (!current->name().empty() || current->location().line() != 0);
    if (!known) return report_lost(context, error);
    try {
        std::string text(context);
        text += ", in ";
        describe_job(*current, text);
        report_lost(text, error);
    } catch (...) {  // no memory for more words
        report_lost(context, error);
    }
}

void report_lost_of_child(std::string_view context, const std::exception_ptr& error) noexcept {
    try {
        std::string text(context);
        text += ": ";
        append_function(text, this_kernel.failed);
        report_lost(text, error);
    } catch (...) {  // no memory for more words
        report_lost(context, error);
    }
}

}  // namespace skein::detail
