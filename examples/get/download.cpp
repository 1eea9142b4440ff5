// Owns what makes a response a file: which statuses count, what it is called, that it is whole.
#include "download.hpp"

#include "sha256.hpp"
#include "text.hpp"

#include <skein/content_disposition.hpp>

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

// As it came, but for what would steer a terminal.
std::string head_of(const skein::client_response& response) {
    std::string head = std::string(to_string(response.version())) + " " + std::to_string(response.status());
    if (!response.reason().empty()) head.append(" ").append(response.reason());
    std::string out = printable(head) + "\n";
    for (const auto [name, value] : response.headers())
        out += printable(std::string(name) + ": " + std::string(value)) + "\n";
    return out + "\n";
}

// Before the file has its name; or after the fact, where it goes to standard output.
void check_sum(const std::string& sum, const options& asked) {
    if (asked.sha256.empty() || sum == asked.sha256) return;
    throw checksum_error("the checksum is wrong: sha256=" + sum + ", not " + asked.sha256);
}

void take_account(result& out, const skein::request_report& account) {
    out.account = account;
    if (!account.url.empty()) out.final_url = account.url;
}

}  // namespace

skein::task<result> downloader::fetch(const input& what) {
    result out;
    const auto began = skein::clock::now();
    counters.count_start();
    try {
        co_await get_it(what, out);
        counters.count_saved(out.bytes);
    } catch (const output_error&) {
        throw;
    } catch (const std::exception& e) {
        out.error = describe(std::current_exception());
        const auto* of_exchange = dynamic_cast<const skein::error*>(&e);
        if (of_exchange != nullptr && of_exchange->report() != nullptr)
            take_account(out, *of_exchange->report());
        counters.count_failure();
    }
    out.seconds = std::chrono::duration<double>(skein::clock::now() - began).count();
    co_return out;
}

skein::task<> downloader::get_it(const input& what, result& out) {
    const skein::url requested = parse(what.text);
    std::optional<target> file;
    // Where the name is known, what is in its way shows before anything is sent.
    if (!file_name.empty()) file.emplace(*where, file_name, asked.force);
    auto response = co_await ask(requested);
    out.status = response.status();
    take_account(out, response.report());

    if (asked.head && !asked.json) co_await heads.add(head_of(response));
    check_status(response, asked);
    if (asked.head) co_return;
    if (asked.to_standard_output()) {
        co_await copy_to_standard_output(response, name_for(response, requested), out);
    } else {
        if (!file) file.emplace(*where, name_for(response, requested), asked.force);
        co_await save(response, *file, out);
    }
    take_account(out, response.report());
}

// With a line on the screen while a body is sent.
skein::task<skein::client_response> downloader::ask(const skein::url& where_to) {
    std::optional<progress::entry> shown;
    const std::string name = "to " + std::string(where_to.host());
    const auto show = [&](std::uint64_t sent, std::optional<std::uint64_t> size) {
        if (!shown) shown.emplace(counters, name, size, direction::to_server);
        shown->set(sent);
    };
    auto request = asked.request(session, where_to.str());
    if (!asked.body.empty()) request.on_upload(show);
    co_return co_await std::move(request);
}

// What a compressed body becomes is not known before.
progress::entry downloader::show(const skein::client_response& response, const std::string& name) {
    const bool grows = asked.compressed && response.headers().contains("Content-Encoding");
    return {counters, printable(name), grows ? std::nullopt : response.content_length()};
}

skein::task<> downloader::save(skein::client_response& response, target& file, result& out) {
    progress::entry shown = show(response, file.name());
    sha256 digest;
    const auto see = [&](skein::byte_view piece) {
        digest.add(piece);
        shown.add(piece.size());
        out.bytes += piece.size();
    };
    std::string sum;
    const auto compare = [&] {
        sum = digest.finish();
        check_sum(sum, asked);
    };
    skein::save_options how;
    how.overwrite = asked.force;
    co_await response.save_to(file.path(), how, see, compare);
    file.keep();
    out.path = file.path();
    out.sha256 = sum;
}

skein::task<> downloader::copy_to_standard_output(skein::client_response& response, const std::string& name,
                                                  result& out) {
    progress::entry shown = show(response, name);
    sha256 digest;
    while (const auto piece = co_await response.chunk()) {
        digest.add(*piece);
        shown.add(piece->size());
        out.bytes += piece->size();
        co_await write_output(*piece);
    }
    const std::string sum = digest.finish();
    check_sum(sum, asked);
    out.sha256 = sum;
}

}  // namespace get
