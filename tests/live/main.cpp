// The main program of the live tests. One that was told to run a server's tests and finds none has failed.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <iostream>

namespace {

unsigned chosen = 0;

struct count_chosen final : doctest::IReporter {
    explicit count_chosen(const doctest::ContextOptions&) {}
    void report_query(const doctest::QueryData&) override {}
    void test_run_start() override {}
    void test_run_end(const doctest::TestRunStats& stats) override {
        chosen = stats.numTestCasesPassingFilters;
    }
    void test_case_start(const doctest::TestCaseData&) override {}
    void test_case_reenter(const doctest::TestCaseData&) override {}
    void test_case_end(const doctest::CurrentTestCaseStats&) override {}
    void test_case_exception(const doctest::TestCaseException&) override {}
    void subcase_start(const doctest::SubcaseSignature&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData&) override {}
    void log_message(const doctest::MessageData&) override {}
    void test_case_skipped(const doctest::TestCaseData&) override {}
};

}  // namespace

REGISTER_LISTENER("count chosen", 1, count_chosen);

int main(int count, char** arguments) {
    doctest::Context context(count, arguments);
    const int result = context.run();
    if (result != 0 || context.shouldExit() || chosen != 0) return result;
    std::cerr << "no test has that name\n";
    return 1;
}
