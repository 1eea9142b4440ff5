// Owns the arithmetic of Digest authentication, and how an answer is written.
#include "http/digest.hpp"

#include "http/auth_params.hpp"
#include "http/bytes.hpp"
#include "http/field_grammar.hpp"

#include <algorithm>
#include <array>

namespace skein::http {

namespace {

struct hash_name {
    digest_hash hash;
    std::string_view plain;
    std::string_view session;
};
constexpr std::array<hash_name, 3> hash_names = {
    {{digest_hash::md5, "MD5", "MD5-sess"},
     {digest_hash::sha256, "SHA-256", "SHA-256-sess"},
     {digest_hash::sha512_256, "SHA-512-256", "SHA-512-256-sess"}}};

bool is_true(const auth_challenge& from, std::string_view name) {
    return equals_ignoring_case(from.get(name).value_or(""), "true");
}

/// False for a hash that nobody knows.
bool take_hash(digest_challenge& into, std::string_view name) {
    for (const auto& known : hash_names) {
        into.hash = known.hash;
        into.session = equals_ignoring_case(name, known.session);
        if (into.session || equals_ignoring_case(name, known.plain)) return true;
    }
    return false;
}

std::size_t size_of(const auth_challenge& one) noexcept {
    std::size_t bytes = 0;
    for (const auto& p : one.params) bytes += p.value.size();
    return bytes;
}

std::optional<digest_challenge> read_challenge(const auth_challenge& from) {
    const auto realm = from.get("realm");
    const auto nonce = from.get("nonce");
    if (!from.is("Digest") || !realm || !nonce || size_of(from) > max_digest_bytes) return std::nullopt;
    digest_challenge c;
    c.realm = *realm;
    c.nonce = *nonce;
    if (const auto opaque = from.get("opaque")) c.opaque = std::string(*opaque);
    c.domain = from.get("domain").value_or("");
    const auto hash = from.get("algorithm");
    c.names_hash = hash.has_value();
    if (hash && !take_hash(c, *hash)) return std::nullopt;
    const auto qop = from.get("qop");
    for_each_in_list(qop.value_or(""), [&](std::string_view one) {
        c.auth = c.auth || equals_ignoring_case(one, "auth");
        c.auth_int = c.auth_int || equals_ignoring_case(one, "auth-int");
    });
    // Protections that nobody knows; and without one there is no cnonce, which a session needs.
    if ((qop || c.session) && !c.auth && !c.auth_int) return std::nullopt;
    c.stale = is_true(from, "stale");
    c.userhash = is_true(from, "userhash");
    c.utf8 = equals_ignoring_case(from.get("charset").value_or(""), "UTF-8");
    return c;
}

std::string name_of(const digest_challenge& challenge) {
    const auto& names = hash_names[static_cast<std::size_t>(challenge.hash)];
    return std::string(challenge.session ? names.session : names.plain);
}

template <class... Parts>
std::string joined(const Parts&... parts) {
    std::string out;
    ((out.append(parts) += ':'), ...);
    out.pop_back();
    return out;
}

std::string count_text(std::uint32_t count) {
    std::string text(8, '0');
    for (auto digit = text.rbegin(); digit != text.rend(); ++digit, count >>= 4)
        *digit = "0123456789abcdef"[count & 15];
    return text;
}

bool is_ascii(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

/// "NAME=value" and "NAME="value"", with a comma before all but the first.
class param_writer {
public:
    void token(std::string_view name, std::string_view value) { begin(name).append(value); }
    void quoted(std::string_view name, std::string_view value) { append_quoted(begin(name), value); }
    std::string take() { return std::move(text_); }

private:
    std::string& begin(std::string_view name) {
        if (text_.back() != ' ') text_ += ", ";
        return text_.append(name) += '=';
    }
    std::string text_ = "Digest ";
};

void write_user(param_writer& out, const digest_challenge& challenge, std::string_view user,
                digest_hasher hash) {
    if (challenge.userhash)
        return out.quoted("username", hash(challenge.hash, joined(user, challenge.realm)));
    if (!challenge.utf8 || is_ascii(user)) return out.quoted("username", user);
    std::string extended = "UTF-8''";  // RFC 8187
    for (const char c : user) {
        if (is_any(c, form_plain) && c != '*')
            extended += c;
        else
            append_percent(extended, c);
    }
    out.token("username*", extended);
}

}  // namespace

std::optional<digest_challenge> strongest_digest(const std::vector<auth_challenge>& all, digest_hasher hash) {
    std::optional<digest_challenge> best;
    for (const auto& one : all) {
        auto read = read_challenge(one);
        if (read && (!best || best->hash < read->hash) && !hash(read->hash, "").empty())
            best = std::move(read);
    }
    return best;
}

std::optional<std::string> answer_digest(const digest_challenge& challenge, const digest_subject& subject,
                                         digest_hasher hash) {
    const bool covers_body = challenge.auth_int && subject.body;
    if (challenge.auth_int && !challenge.auth && !covers_body) return std::nullopt;
    const auto h = [&](std::string_view text) { return hash(challenge.hash, text); };
    const std::string_view qop = covers_body ? "auth-int" : challenge.auth ? "auth" : "";
    const std::string count = count_text(subject.count);

    // A session's key is made of the nonces that are sent with it, as servers do, not of those that began it.
    std::string who = h(joined(subject.user, challenge.realm, subject.password));
    if (challenge.session) who = h(joined(who, challenge.nonce, subject.cnonce));
    std::string what = joined(subject.method, subject.target);
    if (covers_body) what += ':' + h(*subject.body);
    const std::string proof = qop.empty() ? joined(who, challenge.nonce, h(what))
                                          : joined(who, challenge.nonce, count, subject.cnonce, qop, h(what));

    param_writer out;
    write_user(out, challenge, subject.user, hash);
    out.quoted("realm", challenge.realm);
    out.quoted("uri", subject.target);
    if (challenge.names_hash) out.token("algorithm", name_of(challenge));
    out.quoted("nonce", challenge.nonce);
    if (!qop.empty()) {
        out.token("nc", count);
        out.quoted("cnonce", subject.cnonce);
        out.token("qop", qop);
    }
    out.quoted("response", h(proof));
    if (challenge.opaque) out.quoted("opaque", *challenge.opaque);
    if (challenge.userhash) out.token("userhash", "true");
    return out.take();
}

std::optional<std::string> next_nonce(const headers& fields) {
    const auto info = fields.get("Authentication-Info");
    if (!info) return std::nullopt;
    const auto params = parse_auth_params(*info);
    const auto* nonce = find_auth_param(params, "nextnonce");
    if (nonce == nullptr || nonce->empty()) return std::nullopt;
    return *nonce;
}

protection_space::protection_space(std::string_view domain, const url& challenged)
    : challenged_(challenged), everywhere_(trim_blanks(domain).empty()) {
    while (!(domain = trim_blanks(domain)).empty()) {
        const std::string_view one = domain.substr(0, domain.find(' '));
        domain.remove_prefix(one.size());
        const auto to = url::try_parse(one, challenged);
        if (to && to->same_origin(challenged)) prefixes_.emplace_back(to->path());
    }
}

bool protection_space::contains(const url& to) const noexcept {
    if (!to.same_origin(challenged_)) return false;
    const std::string_view path = to.path();
    return everywhere_ || std::any_of(prefixes_.begin(), prefixes_.end(), [&](std::string_view prefix) {
               return path.starts_with(prefix) &&
                      (prefix.ends_with('/') || path.size() == prefix.size() || path[prefix.size()] == '/');
           });
}

}  // namespace skein::http
