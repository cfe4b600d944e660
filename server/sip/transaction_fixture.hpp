#pragma once

#include <string>

#include <gtest/gtest.h>

#include "base/overloaded.hpp"
#include "sip/transaction.hpp"

// For tests of the transaction machines: messages to feed them, and their outputs as one readable
// line.
namespace offhook::sip {

[[nodiscard]] inline Request test_request(Method method) {
  Request request;
  request.method = method;
  request.uri = *Uri::parse("sip:4443@example.com");
  Via via;
  via.transport = "UDP";
  via.host = "192.0.2.1";
  via.port = std::uint16_t{5060};
  via.parameters.set("branch", "z9hG4bKabc");
  request.headers.via = {via};
  request.headers.from.uri = *Uri::parse("sip:alice@example.com");
  request.headers.from.set_tag("alice-tag");
  request.headers.to.uri = request.uri;
  request.headers.call_id = "call";
  request.headers.cseq = {7, method, {}};
  request.headers.max_forwards = 70;
  return request;
}

[[nodiscard]] inline Response test_response(const Request& request, std::uint16_t status) {
  return make_response(request, status, "bob-tag");
}

[[nodiscard]] inline std::string describe(const Message& message) {
  if (const auto* request = std::get_if<Request>(&message)) {
    return std::string(request->method_token());
  }
  return std::to_string(std::get<Response>(message).status);
}

// E.g. "Send INVITE, ResponseReceived 180, Terminated"; "" where there is none.
[[nodiscard]] std::string drained(auto& machine) {
  std::string line;
  while (auto output = machine.poll_output()) {
    if (!line.empty()) line += ", ";
    line += std::visit(Overloaded{
                           [](const Send& send) { return "Send " + describe(send.message); },
                           [](const ResponseReceived& received) {
                             return "ResponseReceived " + describe(received.response);
                           },
                           [](const RequestReceived& received) {
                             return "RequestReceived " + describe(received.request);
                           },
                           [](const TimedOut&) { return std::string("TimedOut"); },
                           [](const TransportFailed&) { return std::string("TransportFailed"); },
                           [](const Terminated&) { return std::string("Terminated"); },
                       },
                       *output);
  }
  return line;
}

// Moves the clock to the machine's next deadline and lets it act.
void expire(auto& machine, Time& now) {
  ASSERT_TRUE(machine.next_timeout());
  now = *machine.next_timeout();
  machine.handle_timeout(now);
}

}  // namespace offhook::sip
