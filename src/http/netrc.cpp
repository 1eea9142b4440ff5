// Owns the syntax of netrc.
#include "http/netrc.hpp"

#include "http/credentials.hpp"
#include "http/field_grammar.hpp"

#include <skein/error.hpp>

#include <algorithm>

namespace skein::http {

namespace {

class netrc_reader {
public:
    explicit netrc_reader(std::string_view text) noexcept : rest_(text) {}

    /// The next keyword, past comments; empty at the end.
    std::string_view keyword() {
        for (;;) {
            skip_space();
            if (!rest_.starts_with('#')) break;
            rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
        }
        const std::string_view word = rest_.substr(0, rest_.find_first_of(space));
        rest_.remove_prefix(word.size());
        return word;
    }

    std::string value(const char* of_what) {
        skip_space();
        if (rest_.empty()) fail(std::string("there is no ") + of_what + " behind the keyword");
        if (rest_.front() == '"') return quoted();
        const std::string_view word = rest_.substr(0, rest_.find_first_of(space));
        rest_.remove_prefix(word.size());
        return std::string(word);
    }

    /// Up to the end of the next empty line.
    void skip_macro() {
        for (;;) {
            const std::string_view line = rest_.substr(0, rest_.find('\n'));
            rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
            ++line_;
            if (rest_.empty() || rest_.starts_with('\n') || rest_.starts_with("\r\n")) return;
        }
    }

    [[noreturn]] void fail(const std::string& what) const {
        throw error("netrc, line " + std::to_string(line_) + ": " + what);
    }

private:
    static constexpr std::string_view space = " \t\r\n";

    void skip_space() noexcept {
        while (!rest_.empty() && space.find(rest_.front()) != space.npos) {
            if (rest_.front() == '\n') ++line_;
            rest_.remove_prefix(1);
        }
    }

    std::string quoted() {
        std::string out;
        for (std::size_t i = 1; i < rest_.size() && rest_[i] != '\n'; ++i) {
            char c = rest_[i];
            if (c == '"') {
                rest_.remove_prefix(i + 1);
                return out;
            }
            if (c == '\\' && ++i < rest_.size()) {
                c = rest_[i];
                if (c == 'n') c = '\n';
                if (c == 'r') c = '\r';
                if (c == 't') c = '\t';
            }
            out += c;
        }
        fail("a quote has no end");
    }

    std::string_view rest_;
    std::size_t line_ = 1;
};

}  // namespace

netrc::netrc(std::string_view text) {
    netrc_reader in(text.starts_with("\xef\xbb\xbf") ? text.substr(3) : text);
    const auto current = [&]() -> entry& {
        if (entries_.empty()) in.fail("a login, password or account before the first machine");
        return entries_.back();
    };
    for (std::string_view word; !(word = in.keyword()).empty();) {
        if (word == "machine") {
            entries_.emplace_back();
            for (const char c : in.value("name")) entries_.back().machine += ascii_lower(c);
            if (entries_.back().machine.empty()) in.fail("the name of a machine is empty");
        } else if (word == "default") {
            entries_.emplace_back();
        } else if (word == "login" || word == "user") {
            current().login = in.value("login");
        } else if (word == "password" || word == "passwd") {
            current().password = in.value("password");
        } else if (word == "account") {
            current();
            in.value("account");
        } else if (word == "macdef") {
            in.skip_macro();
        } else {
            in.fail("a word that is no keyword");
        }
        if (entries_.empty()) continue;
        if (const auto fault = fault_of_basic(entries_.back().login, entries_.back().password);
            !fault.empty())
            in.fail(std::string(fault));
    }
}

const netrc::entry* netrc::find(std::string_view host) const noexcept {
    auto found =
        std::find_if(entries_.begin(), entries_.end(), [&](const entry& e) { return e.machine == host; });
    if (found == entries_.end())
        found =
            std::find_if(entries_.begin(), entries_.end(), [](const entry& e) { return e.machine.empty(); });
    if (found == entries_.end() || (found->login.empty() && found->password.empty())) return nullptr;
    return &*found;
}

}  // namespace skein::http
