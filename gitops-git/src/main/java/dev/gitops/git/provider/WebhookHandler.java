// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives webhooks with the JDK's own HTTP server. Answers with a status and nothing else; what
 * was found goes to the log. A request that is too long, too slow, or one too many is turned away.
 *
 * <pre>{@code
 * server.createContext("/hooks", new WebhookHandler(hooks, loop::trigger));
 * }</pre>
 */
public final class WebhookHandler implements HttpHandler {
  private static final Logger LOG = LoggerFactory.getLogger(WebhookHandler.class);
  private static final int MOST_AT_ONCE = 16;

  private final Webhooks webhooks;
  private final Consumer<String> trigger;
  private final Duration timeout;
  private final Semaphore places = new Semaphore(MOST_AT_ONCE);

  /**
   * Receives within ten seconds for each request.
   *
   * @param trigger is told why, whenever a reconciler should look now; returns soon
   */
  public WebhookHandler(Webhooks webhooks, Consumer<String> trigger) {
    this(webhooks, trigger, Duration.ofSeconds(10));
  }

  /** Receives within another time for each request. */
  public WebhookHandler(Webhooks webhooks, Consumer<String> trigger, Duration timeout) {
    this.webhooks = webhooks;
    this.trigger = trigger;
    this.timeout = timeout;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    if (!places.tryAcquire()) {
      answer(exchange, 503);
      return;
    }
    AtomicBoolean read = new AtomicBoolean();
    try {
      // A read that waits for a silent sender ends only when its connection does.
      after(timeout)
          .execute(
              () -> {
                if (!read.get()) {
                  exchange.close();
                }
              });
      answer(exchange, receive(exchange, read));
    } finally {
      read.set(true);
      places.release();
    }
  }

  private static Executor after(Duration time) {
    return CompletableFuture.delayedExecutor(time.toMillis(), TimeUnit.MILLISECONDS, Runnable::run);
  }

  private int receive(HttpExchange exchange, AtomicBoolean read) throws IOException {
    if (!exchange.getRequestMethod().equals("POST")) {
      return 405;
    }
    byte[] body = exchange.getRequestBody().readNBytes(Webhooks.LARGEST + 1);
    read.set(true);
    Webhooks.Result result = webhooks.handle(exchange.getRequestHeaders(), body);
    LOG.info("Webhook {}", result.reason());
    if (result.triggers()) {
      trigger.accept(result.reason());
    }
    return result.status();
  }

  private static void answer(HttpExchange exchange, int status) throws IOException {
    try (exchange) {
      exchange.sendResponseHeaders(status, -1);
    }
  }
}
