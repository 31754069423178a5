"""The addresses of the whole site."""

from allauth.account import views as account
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/", account.password_change, name="account_change_password"),
    path("", include("inspections.api.urls")),
    path("", include("inspections.web.urls")),
]

handler403 = "inspections.web.views.errors.refused"
handler404 = "inspections.web.views.errors.not_found"
handler500 = "inspections.web.views.errors.server_error"
