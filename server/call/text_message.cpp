#include "call/text_message.hpp"

#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"

namespace offhook::call {
namespace {

// Where the words of calls do not fit.
std::string_view text_sentence(CallFailure failure) {
  using enum CallFailure;
  switch (failure) {
    case NotRegistered:
      return "This browser is not signed in to the phone. Reload the page and send it again.";
    case InvalidNumber:
      return "This is not a number that messages can be sent to. Use digits, * and #.";
    case TooManyCallsAMinute:
      return "Too many messages were sent within a minute. Wait a moment and send it again.";
    case ForbiddenDestination:
      return "Messages to this number are not allowed here. Ask whoever runs this phone system to "
             "allow them.";
    case NoTrunk:
      return "No provider is set up for your messages. Add a trunk to the configuration.";
    case ShuttingDown:
      return "The phone system is being restarted. Send the message again in a minute.";
    case NumberNotFound:
      return "This number does not exist. Check it and send the message again.";
    case NumberIncomplete:
      return "This number is incomplete. Check it and send the message again.";
    case Busy:
    case NoAnswer:
    case Unavailable:
      return "The message cannot be delivered now. Send it again later.";
    case Declined:
      return "The message was declined.";
    case Forbidden:
      return "The provider does not allow this message. Check the account's permissions and "
             "balance, and that messages are enabled for its number.";
    case FormatRefused:
      return "The provider does not take messages of this kind.";
    case Congestion:
      return "The provider takes no messages now. Send it again in a minute.";
    case TrunkSilent:
      return "The provider does not answer, so the message may or may not arrive. Check the "
             "internet connection and the provider's status page.";
    case Cancelled:
    case TrunkError:
      return "The provider did not take the message. Check that messages are enabled for the "
             "account and its number.";
    default:
      return describe(failure).sentence;
  }
}

bool is_plain_text(const sip::Request& message) {
  std::string_view parameters = message.headers.content_type;
  if (!equals_ignoring_case(trim(take_until(parameters, ';')), kTextType)) return false;
  while (!parameters.empty()) {
    std::string_view value = take_until(parameters, ';');
    if (!equals_ignoring_case(trim(take_until(value, '=')), "charset")) continue;
    value = trim(value);
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) {
      value = value.substr(1, value.size() - 2);
    }
    if (!equals_ignoring_case(value, "utf-8") && !equals_ignoring_case(value, "us-ascii")) {
      return false;
    }
  }
  return true;
}

}  // namespace

TextFailure text_failure(CallFailure failure) {
  const FailureInfo& info = describe(failure);
  return {info.sip_status, info.label, text_sentence(failure)};
}

TextFailure text_failure_from_trunk(std::uint16_t status) {
  if (status == 413 || status == 513) return kTextTooLong;
  return text_failure(failure_from_trunk(status, false));
}

std::string reason_for_browser(const TextFailure& failure) {
  return "SIP;cause=" + std::to_string(failure.status) + ";text=\"" +
         std::string(failure.sentence) + "\"";
}

Result<std::string, TextFailure> text_from_browser(const sip::Request& message) {
  if (!is_plain_text(message)) return std::unexpected(kNotPlainText);
  if (message.body.size() > limits::kTextRequestBytes) return std::unexpected(kTextTooLong);
  if (well_formed_utf8(message.body) != message.body) return std::unexpected(kNotPlainText);
  return message.body;
}

Result<std::string, TextFailure> text_from_trunk(const sip::Request& message) {
  if (!is_plain_text(message)) return std::unexpected(kNotPlainText);
  if (message.body.size() > limits::kTextBytes) return std::unexpected(kTextTooLong);
  return well_formed_utf8(message.body);
}

void put_text(sip::Request& message, std::string text) {
  message.headers.content_type = std::string(kTextType) + ";charset=UTF-8";
  message.body = std::move(text);
}

sip::Request message_like(const sip::InviteRequest& invite, std::string text) {
  sip::Request message;
  message.method = sip::Method::Message;
  message.uri = invite.target;
  sip::Headers& headers = message.headers;
  sip::Via& via = headers.via.emplace_back();
  via.transport = sip::to_string(invite.flow.transport);
  via.host = invite.identity.via_host;
  via.port = invite.identity.via_port;
  headers.from = invite.identity.local;
  headers.to = invite.remote;
  headers.cseq = {1, sip::Method::Message, {}};
  headers.max_forwards = std::uint8_t{70};
  headers.route = invite.route;
  headers.remote_party_id = invite.remote_party_id;
  headers.user_agent = invite.identity.user_agent;
  put_text(message, std::move(text));  // and no Contact: RFC 3428 4
  return message;
}

}  // namespace offhook::call
