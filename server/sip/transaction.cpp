#include "sip/transaction.hpp"

#include <utility>

namespace offhook::sip {

std::optional<TransactionOutput> TransactionMachine::poll_output() {
  if (outputs_.empty()) return std::nullopt;
  TransactionOutput output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

}  // namespace offhook::sip
