// Owns the rules of mock transports.
#include <skein/sleep.hpp>
#include <skein/testing_mock.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace skein::testing {

unexpected_request::~unexpected_request() = default;

namespace {

/// Whether the text is that of the pattern, in which each '*' stands for any text. In linear memory and
/// without recursion: at a mismatch the last '*' takes one character more.
bool matches(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t taken = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            taken = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++taken;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace

struct mock_transport::state {
    std::vector<std::unique_ptr<rule>> rules;
    std::vector<mock_request> requests;
    std::vector<std::string> unexpected;

    rule* rule_for(const mock_request& request) const;
    std::string list() const;
    static task<client_response> answer(std::shared_ptr<state> self, attempt_request& request);
};

mock_transport::rule* mock_transport::state::rule_for(const mock_request& request) const {
    const url bare = request.url.without_fragment();
    for (const auto& one : rules) {
        if (one->method_ != "*" && one->method_ != request.method) continue;
        if (one->times_ && one->asked_ >= *one->times_) continue;
        const bool path_only = one->pattern_.starts_with('/');
        if (matches(one->pattern_, path_only ? bare.target() : std::string_view(bare.str())))
            return one.get();
    }
    return nullptr;
}

std::string mock_transport::state::list() const {
    std::string all;
    for (const auto& one : rules) {
        all +=
            "\n  " + one->method_ + " " + one->pattern_ + ", asked " + std::to_string(one->asked_) + " times";
        if (one->times_) all += " of " + std::to_string(*one->times_);
    }
    return all.empty() ? "\n  none" : all;
}

namespace {

mock_request as_sent(const attempt_request& request) {
    mock_request sent{request.method(), request.url(), request.headers(),
                      std::string(request.body().value_or(std::string_view()))};
    const std::string cookies = request.cookie_header();
    sent.headers.remove("Cookie");
    if (!cookies.empty()) sent.headers.append("Cookie", cookies);
    return sent;
}

}  // namespace

task<client_response> mock_transport::state::answer(std::shared_ptr<state> self, attempt_request& request) {
    const mock_request sent = as_sent(request);
    self->requests.push_back(sent);
    rule* const found = self->rule_for(sent);
    if (found == nullptr) {
        const std::string which = sent.method + " " + sent.url.redacted();
        self->unexpected.push_back(which);
        throw unexpected_request("no rule of the mock_transport is for " + which +
                                 "; its rules:" + self->list());
    }
    ++found->asked_;
    if (found->delay_ > clock::duration::zero()) co_await sleep(found->delay_);
    if (found->error_) std::rethrow_exception(found->error_);
    mock_response made = found->make_ ? found->make_(sent) : mock_response();
    if (sent.method == "HEAD") made.body.clear();
    co_return request.respond(made.status, std::move(made.body), std::move(made.headers));
}

mock_transport::mock_transport() : state_(std::make_shared<state>()) {}

mock_transport::rule& mock_transport::on(std::string_view method, std::string_view url_pattern) {
    auto& added = *state_->rules.emplace_back(std::make_unique<rule>());
    added.method_ = method;
    added.pattern_ = url_pattern;
    return added;
}

const std::vector<mock_request>& mock_transport::requests() const noexcept {
    return state_->requests;
}

void mock_transport::check() const {
    std::string what;
    for (const auto& one : state_->unexpected) what += "\nunexpected: " + one;
    const auto unused = [](const auto& one) { return one->asked_ < one->times_.value_or(1); };
    if (std::any_of(state_->rules.begin(), state_->rules.end(), unused))
        what += "\na rule was not asked as often as expected:" + state_->list();
    if (!what.empty()) throw std::logic_error("the mock_transport was not used as planned:" + what);
}

task<client_response> mock_transport::operator()(attempt_request& request, next_handler) const {
    return state::answer(state_, request);
}

// ---- rule

mock_transport::rule& mock_transport::rule::respond(int status, std::string body, headers fields) {
    make_ = [made = mock_response{status, std::move(body), std::move(fields)}](const mock_request&) {
        return made;
    };
    return *this;
}
mock_transport::rule& mock_transport::rule::respond_with(
    std::function<mock_response(const mock_request&)> make) {
    make_ = std::move(make);
    return *this;
}
mock_transport::rule& mock_transport::rule::fail(std::exception_ptr error) {
    error_ = std::move(error);
    return *this;
}
mock_transport::rule& mock_transport::rule::delay(clock::duration time) {
    delay_ = time;
    return *this;
}
mock_transport::rule& mock_transport::rule::times(std::size_t count) {
    times_ = count;
    return *this;
}

}  // namespace skein::testing
