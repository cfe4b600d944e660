#include "control/message.hpp"

#include "base/limits.hpp"

namespace offhook::control {
namespace {

std::string too_large(std::size_t bytes) {
  return "a control message of " + std::to_string(bytes) + " bytes is over the limit of " +
         std::to_string(limits::kControlMessageBytes);
}

template <typename Message>
Result<std::string> encode_message(const Message& message) {
  const std::size_t bytes = message.ByteSizeLong();
  if (bytes > limits::kControlMessageBytes) return failure(too_large(bytes));
  return message.SerializeAsString();
}

template <typename Message>
Result<Message> decode_message(ByteView packet) {
  if (packet.size() > limits::kControlMessageBytes) return failure(too_large(packet.size()));
  Message message;
  if (!message.ParseFromArray(packet.data(), static_cast<int>(packet.size()))) {
    return failure("a control packet of " + std::to_string(packet.size()) +
                   " bytes is not a message of the schema");
  }
  return message;
}

}  // namespace

Result<std::string> encode(const Command& command) { return encode_message(command); }
Result<std::string> encode(const Event& event) { return encode_message(event); }

Result<Command> decode_command(ByteView packet) { return decode_message<Command>(packet); }
Result<Event> decode_event(ByteView packet) { return decode_message<Event>(packet); }

}  // namespace offhook::control
