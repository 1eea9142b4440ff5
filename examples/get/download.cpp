// Owns what makes a response a file: which statuses count, what it is called, that it is whole.
#include "download.hpp"

#include "sha256.hpp"
#include "text.hpp"

#include <skein/content_disposition.hpp>
#include <skein/to_thread.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <utility>

namespace get {

namespace {

skein::url parse(const std::string& text) {
    skein::url url(text);
    if (url.scheme() != "http" && url.scheme() != "https")
        throw skein::invalid_url("not fetched: " + url.redacted() + " is neither http nor https");
    return url;
}

// Only a whole file will do: a part is one only for who asked for it.
void check_status(const skein::client_response& response, const options& asked) {
    const int status = response.status();
    const bool has_file = status >= 200 && status <= 299;
    if (has_file && (status != 206 || asked.headers.contains("Range"))) return;
    std::string what = "the server answered " + std::to_string(status);
    if (!response.reason().empty()) what.append(" ").append(response.reason());
    if (has_file) what += ", a part of the file, though all of it was asked for";
    throw status_error(what);
}

std::string name_for(const skein::client_response& response, const skein::url& requested) {
    // Two such headers make one that cannot be read, and then the URL gives the name.
    const auto disposition = response.headers().get_joined("Content-Disposition");
    std::optional<std::string_view> value;
    if (disposition) value = *disposition;
    return skein::download_name(value, requested);
}

}  // namespace

skein::task<result> downloader::fetch(const input& what) {
    result out;
    const auto began = skein::clock::now();
    counters.count_start();
    try {
        co_await save(what, out);
        counters.count_saved(out.bytes);
    } catch (const std::exception&) {
        out.error = describe(std::current_exception());
        if (!out.error->url.empty()) out.final_url = out.error->url;
        counters.count_failure();
    }
    out.seconds = std::chrono::duration<double>(skein::clock::now() - began).count();
    co_return out;
}

skein::task<> downloader::save(const input& what, result& out) {
    const skein::url requested = parse(what.text);
    std::optional<part_file> file;
    // Where the name is known, what is in its way shows before anything is sent.
    if (!file_name.empty()) file.emplace(where, file_name, asked.force);
    auto request = session.get(requested.str());
    request.headers(asked.headers);
    if (asked.timeout) request.timeout(*asked.timeout);
    request.resumable();
    auto response = co_await std::move(request);
    out.status = response.status();
    out.final_url = response.url().redacted();
    check_status(response, asked);

    if (!file) file.emplace(where, name_for(response, requested), asked.force);
    progress::entry shown(counters, printable(file->name()), response.content_length());
    sha256 digest;
    while (auto piece = co_await response.chunk()) {
        file->write(*piece);
        digest.add(*piece);
        shown.add(piece->size());
        out.bytes += piece->size();
    }
    co_await skein::to_thread([&] { file->commit(); });
    out.path = file->path();
    out.sha256 = digest.finish();
}

}  // namespace get
