// Owns the form of the report and the writing of it.
#include "report.hpp"

#include "text.hpp"

#include <skein/to_thread.hpp>

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

namespace get {

namespace {

using json = nlohmann::ordered_json;

json text_or_null(const std::string& text) {
    return text.empty() ? json(nullptr) : json(text);
}

void write_stdout(std::string_view text) {
    while (!text.empty()) {
        const ssize_t done = ::write(STDOUT_FILENO, text.data(), text.size());
        if (done >= 0)
            text.remove_prefix(static_cast<std::size_t>(done));
        else if (errno != EINTR)
            throw std::system_error(errno, std::generic_category(), "cannot write to standard output");
    }
}

}  // namespace

std::string json_line(const input& what, const result& became) {
    json line;
    line["url"] = without_secrets(what.text);
    line["source"] = text_or_null(what.source);
    line["final_url"] = text_or_null(became.final_url);
    line["status"] = became.status ? json(*became.status) : json(nullptr);
    line["file"] = text_or_null(became.path);
    line["path"] = text_or_null(became.path);
    line["bytes"] = became.bytes;
    line["sha256"] = text_or_null(became.sha256);
    line["seconds"] = became.seconds;
    line["error"] = nullptr;
    if (became.error) {
        json error;
        error["kind"] = became.error->kind;
        error["message"] = became.error->message;
        line["error"] = std::move(error);
    }
    return line.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
}

skein::task<> report_writer::add(std::string line) {
    waiting_ += line;
    if (writing_) co_return;
    writing_ = true;
    while (!waiting_.empty()) {
        const std::string batch = std::exchange(waiting_, std::string());
        co_await skein::to_thread([&] { write_stdout(batch); });
    }
    writing_ = false;
}

}  // namespace get
