#include "http/stream.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace offhook::http {

namespace asio = boost::asio;
using boost::system::error_code;

Stream::Stream(asio::ip::tcp::socket&& socket, std::shared_ptr<io::TlsContext> tls)
    : plain_(std::make_unique<next_layer_type>(std::move(socket))), tls_(std::move(tls)) {
  if (tls_) {
    secure_ = std::make_unique<asio::ssl::stream<next_layer_type&>>(*plain_, tls_->context());
  }
}

asio::awaitable<bool> Stream::open(Duration at_most) {
  if (!secure_) co_return true;
  error_code error;
  plain_->expires_after(at_most);
  co_await secure_->async_handshake(asio::ssl::stream_base::server,
                                    asio::redirect_error(asio::use_awaitable, error));
  co_return !error;
}

asio::awaitable<void> Stream::close(Duration at_most) {
  if (!secure_) co_return;
  error_code ignored;
  plain_->expires_after(at_most);
  co_await secure_->async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace offhook::http
