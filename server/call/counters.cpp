#include "call/counters.hpp"

#include <algorithm>
#include <array>

#include "base/overloaded.hpp"

namespace offhook::call {
namespace {

// Post-dial delay: below a second is good, beyond ten people hang up.
constexpr std::array kSetupBounds{0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0};
constexpr std::array kTalkingBounds{10.0, 30.0, 60.0, 180.0, 600.0, 1'800.0, 3'600.0, 14'400.0};

// Of a table, never of the message.
std::string_view kind_of(const sip::Message& message) {
  constexpr std::array<std::string_view, 6> kClasses{"1xx", "2xx", "3xx", "4xx", "5xx", "6xx"};
  return std::visit(
      Overloaded{
          [](const sip::Request& request) {
            return request.method == sip::Method::Unknown ? std::string_view("other")
                                                          : to_string(request.method);
          },
          [&](const sip::Response& response) { return kClasses.at(response.status / 100U - 1U); },
      },
      message);
}

}  // namespace

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds.begin(), bounds.end()), counts_(bounds.size() + 1) {}

void Histogram::observe(Duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  const auto bound = std::ranges::lower_bound(bounds_, seconds);
  ++counts_[static_cast<std::size_t>(bound - bounds_.begin())];
  sum_ += seconds;
}

// What has not happened yet is told as 0: a rate that starts with its first event misses it.
Counters::Counters()
    : dropped_{{"unknown_source", 0}}, setup_(kSetupBounds), talking_(kTalkingBounds) {
  using enum sip::Transport;
  for (const auto transport : {Udp, Tcp, Tls, Ws, Wss}) parse_errors_[transport] = 0;
}

void Counters::count_message(bool sent, sip::Transport transport, const sip::Message& message) {
  ++messages_[{sent, transport, kind_of(message)}];
}

void Counters::count_call(const CallEnded& call) {
  ++calls_[{call.direction, call.outcome, call.failure}];
  if (call.talking > Duration{}) talking_.observe(call.talking);
}

std::uint64_t Counters::dropped_in_all() const {
  std::uint64_t sum = 0;
  for (const auto& [reason, count] : dropped_) sum += count;
  return sum;
}

}  // namespace offhook::call
