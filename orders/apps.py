from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = "Orders"

    def ready(self) -> None:
        # Models are there only now.
        from allauth.account.signals import email_confirmed
        from django.contrib.auth.signals import user_logged_in

        from catalog.queries.sell_product import missing_sources
        from orders.log_in import bring_cart, bring_confirmed_orders, bring_orders
        from orders.queries.delivery import delivery_missing

        if delivery_missing not in missing_sources:
            missing_sources.append(delivery_missing)

        user_logged_in.connect(bring_cart, dispatch_uid="orders.bring_cart")
        user_logged_in.connect(bring_orders, dispatch_uid="orders.bring_orders")
        email_confirmed.connect(
            bring_confirmed_orders, dispatch_uid="orders.bring_confirmed_orders"
        )
