#include "provider/script.hpp"

#include <array>
#include <optional>

namespace offhook::provider {
namespace {

using namespace std::chrono_literals;
using Answer = Script::Answer;

struct TestNumber {
  std::string_view number;
  Script script;
};

constexpr std::array kTestNumbers{
    TestNumber{"4443", {.answer = Answer::AtOnce, .sound = Sound::Echo}},
    TestNumber{"4747", {.answer = Answer::AtOnce, .sound = Sound::ReadBack}},
    TestNumber{"5555550101", {.answer = Answer::Ring}},
    TestNumber{"5555550102", {.refusal = 486}},
    TestNumber{"5555550103", {.refusal = 404}},
    TestNumber{"5555550104",
               {.answer = Answer::AfterEarlyMedia, .early_media = 3s, .sound = Sound::Echo}},
    TestNumber{"5555550105", {.answer = Answer::AtOnce, .hang_up_after = 5s}},
    TestNumber{"5555550106",
               {.answer = Answer::AtOnce, .hang_up_after = 1s, .call_back_after = 2s}},
    TestNumber{"5555550107", {.refusal = 603}},
};

std::optional<Script> find_script(std::string_view number) {
  for (const TestNumber& known : kTestNumbers) {
    if (known.number == number) return known.script;
  }
  return std::nullopt;
}

}  // namespace

Script script_for(std::string_view number) {
  auto script = find_script(number);
  if (!script && number.starts_with('1')) script = find_script(number.substr(1));
  return script.value_or(Script{});
}

}  // namespace offhook::provider
