// Challenges and netrc on any bytes: nothing crashes, no answer could split a request, and an answer says
// what the challenge said. The first byte chooses: a netrc, or fields of WWW-Authenticate, a line each.
#include "http/auth_params.hpp"
#include "http/digest.hpp"
#include "http/field_grammar.hpp"
#include "http/netrc.hpp"
#include "tls/hash.hpp"

#include <skein/error.hpp>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace {

using namespace skein;

[[noreturn]] void report(const char* what, std::string_view text) {
    std::cerr << what << ": " << text << '\n';
    std::abort();
}

std::string hasher(http::digest_hash which, std::string_view text) {
    return tls::hash_hex(static_cast<tls::hash>(which), text);
}

void check_netrc(std::string_view text) {
    try {
        const http::netrc read(text);
        for (const auto& one : read.entries()) {
            if (http::find_bad_value_byte(one.login + one.password) != std::string_view::npos)
                report("a control character", one.login);
            (void)read.find(one.machine);
        }
    } catch (const error&) {}
}

void check_answer(const http::digest_challenge& challenge) {
    http::digest_subject subject;
    subject.user = "us\"er";
    subject.password = "secret";
    subject.method = "GET";
    subject.target = "/a?b";
    subject.body = "";
    subject.cnonce = "c";
    const auto answer = http::answer_digest(challenge, subject, hasher);
    if (!answer) report("no answer", challenge.realm);
    if (http::find_bad_value_byte(*answer) != std::string_view::npos) report("a control character", *answer);
    const auto again = auth_challenge::parse(*answer);
    if (again.size() != 1 || again[0].get("realm") != challenge.realm ||
        again[0].get("nonce") != challenge.nonce || again[0].get("username").value_or(subject.user) == "")
        report("comes back different", *answer);
    const url asked("https://a.test/b");
    const http::protection_space space(challenge.domain, asked);
    if (space.contains(url("https://b.test/b")) || space.contains(url("http://a.test/b")))
        report("another origin", challenge.domain);
}

void check_challenges(std::string_view text) {
    headers fields;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size() == text.size() ? line.size() : line.size() + 1);
        (void)http::parse_auth_params(line);
        for (const auto& one : auth_challenge::parse(line)) {
            if (!http::is_token(one.scheme)) report("no scheme", one.scheme);
            if (one.params.size() > auth_challenge::max_params) report("too many parameters", line);
        }
        if (http::find_bad_value_byte(line) == line.npos) fields.append("WWW-Authenticate", line);
    }
    if (const auto best = http::strongest_digest(auth_challenge::parse(fields), hasher)) check_answer(*best);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (data[0] % 2 == 0)
        check_netrc(text);
    else
        check_challenges(text);
    return 0;
}
