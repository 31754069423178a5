"""Django's administration as this project has it: with the first page of Interlock."""

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    """Named in the settings; the site is imported once the tables are known."""

    default_site = "inspections.admin.site.the_site"
