from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = "Orders"

    def ready(self) -> None:
        # Models are there only now.
        from allauth.account.signals import email_confirmed
        from django.contrib.auth.signals import user_logged_in

        from orders.log_in import bring_cart, bring_confirmed_orders, bring_orders

        user_logged_in.connect(bring_cart, dispatch_uid="orders.bring_cart")
        user_logged_in.connect(bring_orders, dispatch_uid="orders.bring_orders")
        email_confirmed.connect(
            bring_confirmed_orders, dispatch_uid="orders.bring_confirmed_orders"
        )
